"""The AWS side of snapshots: what asks AWS about a student's resources, each question once, within the quotas."""
