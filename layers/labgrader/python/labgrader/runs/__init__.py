"""Start runs: class runs from a command, the API or an event, and students' self-checks."""
