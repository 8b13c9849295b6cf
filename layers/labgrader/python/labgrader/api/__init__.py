"""The HTTP API: what it takes and answers (``docs/openapi.yaml`` is made of it). Who asks is the authorizer's word."""
