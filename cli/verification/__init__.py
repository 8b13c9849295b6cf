"""`labgrader verify`: each lab's solution and mistakes, and their recorded proofs."""
