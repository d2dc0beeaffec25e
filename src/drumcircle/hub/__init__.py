"""The only asyncio loop around the core: one inbox, one timer, one consumer."""
