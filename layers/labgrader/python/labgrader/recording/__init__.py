"""Asks AWS about students' resources: each question once, within the quotas, secrets removed."""
