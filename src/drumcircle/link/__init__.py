"""The one protocol between the hub and everything that looks at or commands it."""
