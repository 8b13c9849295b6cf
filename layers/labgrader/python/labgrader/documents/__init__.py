"""The types of the JSON documents that labgrader stores: report, audit, digest. Each has a schema in ``schemas``."""
