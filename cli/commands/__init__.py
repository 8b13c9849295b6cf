"""The commands. A module here becomes a command by itself: `cli.command_line` finds it, and its `register` adds it.

Each module is thin; what its commands do lies in the modules of `cli` above this folder.
"""
