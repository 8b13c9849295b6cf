"""How a run begins: a class's from a command, the API or an event, and a student's own self-check."""
