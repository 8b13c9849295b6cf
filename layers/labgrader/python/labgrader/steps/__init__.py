"""The states of the workflow, one module for each. The Lambda handlers in `functions/` call these modules."""
