"""`labgrader verify`: prove a lab with its solution and its mistakes, and record the proof."""
