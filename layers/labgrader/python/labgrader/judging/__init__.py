"""What a check's file imports: the decorator, the evidence it reads, and the words of a verdict."""

from labgrader.errors import NotGradedError
from labgrader.evidence.cost import lambda_cost
from labgrader.evidence.hostile_json import parse_json
from labgrader.evidence.internet import lacks_internet
from labgrader.evidence.live_answers import DroppedObject, HttpReply, SentMessages
from labgrader.evidence.load import Comparison, EndpointTarget, FunctionTarget, LoadResult, LoadTest, Threshold
from labgrader.evidence.load_result import WITHOUT_FUNCTION
from labgrader.evidence.probe import Invocation, Probe, Response
from labgrader.evidence.statistics import fewest_measurements
from labgrader.judging.check import Check, check
from labgrader.judging.expectation import among, asked_for, below, shown, unmet
from labgrader.judging.verdict import Verdict, failed, partial, passed, share
from labgrader.messages import listed, quote

__all__ = [
    "WITHOUT_FUNCTION",
    "Check",
    "Comparison",
    "DroppedObject",
    "EndpointTarget",
    "FunctionTarget",
    "HttpReply",
    "Invocation",
    "LoadResult",
    "LoadTest",
    "NotGradedError",
    "Probe",
    "Response",
    "SentMessages",
    "Threshold",
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
