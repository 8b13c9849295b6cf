"""The commands: one module for each group, thin; what they do lies in the modules above."""
