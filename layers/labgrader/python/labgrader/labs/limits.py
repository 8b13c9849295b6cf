"""How much of a student's answer a lab's expectation is held against."""

MAX_DEPTH = 50
"""Levels of an answer that are compared with a schema."""

MAX_MATCHED = 4_000
"""Characters of a text that a lab's ``pattern`` is held against, and of a field's name: a pattern may take the square
of a text's length, and the text is a student's."""
