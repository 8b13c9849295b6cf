"""The embedded AWS: MiniStack as a child process that leaves nothing behind."""
