"""The read side of a snapshot, one module for each AWS service beside Lambda's functions and CloudWatch's dashboards.

Each module has the service's resources as a check reads them, and a small class that asks for them. ``Snapshot`` has
one of each: ``snapshot.sqs.queue("user1-queue")``.
"""
