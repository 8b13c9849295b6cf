"""The HTTP API, the source of ``docs/openapi.yaml``. The authorizer (``labgrader.auth``) identifies the caller."""
