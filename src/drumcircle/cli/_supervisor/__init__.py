"""The supervisor: starts broker, hub and dashboard, restarts what crashes, ends all on quit.

Small enough never to fail: one loop over one queue, child processes, no asyncio.
"""
