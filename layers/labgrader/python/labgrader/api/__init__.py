"""The HTTP API. ``docs/openapi.yaml`` is generated from it. The authorizer (``labgrader.auth``) identifies the caller."""
