"""What each state of the workflow does, one module a state. The Lambda handlers in `functions/` only call these."""
