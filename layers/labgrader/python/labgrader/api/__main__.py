"""Write the API's OpenAPI document to standard output."""

import sys

from labgrader.api.app import described
from labgrader.api.openapi import written_document

sys.stdout.write(written_document(described()))
