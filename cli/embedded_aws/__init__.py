"""The embedded AWS: MiniStack as a child process. It is stopped with all of its processes and files."""
