"""What can be said about when people played; a library without I/O (definitions: ``docs/measures.md``)."""
