"""The names that a check's file imports: the decorator, the types of evidence, and the functions for verdicts."""

from labgrader.errors import NotGradedError
from labgrader.evidence.internet_access import lacks_internet
from labgrader.evidence.load.cost import lambda_cost
from labgrader.evidence.load.load_test import (
    Comparison,
    EndpointTarget,
    FunctionTarget,
    LoadResult,
    LoadTest,
    Threshold,
)
from labgrader.evidence.load.result import WITHOUT_FUNCTION
from labgrader.evidence.load.statistics import fewest_measurements
from labgrader.evidence.probe import Invocation, Probe, Response
from labgrader.evidence.probe_results import HttpReply, SentMessages, UploadResult
from labgrader.evidence.untrusted_json import parse_json
from labgrader.judging.check import Check, check
from labgrader.judging.expectation import among, asked_for, below, shown, unmet
from labgrader.judging.verdict import Verdict, failed, partial, passed, share
from labgrader.messages import listed, quote
from labgrader.reasons import Reason

__all__ = [
    "WITHOUT_FUNCTION",
    "Check",
    "Comparison",
    "EndpointTarget",
    "FunctionTarget",
    "HttpReply",
    "Invocation",
    "LoadResult",
    "LoadTest",
    "NotGradedError",
    "Probe",
    "Reason",
    "Response",
    "SentMessages",
    "Threshold",
    "UploadResult",
    "Verdict",
    "among",
    "asked_for",
    "below",
    "check",
    "failed",
    "fewest_measurements",
    "lacks_internet",
    "lambda_cost",
    "listed",
    "parse_json",
    "partial",
    "passed",
    "quote",
    "share",
    "shown",
    "unmet",
]
