"""Mistakes that students make in these labs, with the checks that must find them.

Two cases are not mistakes, so their points stay open (``tests/checks``): a student who destroyed all of Lab 6 in step
6.9, and a student who copied ``context.request_id`` from the handout.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from checks.simulation.mistake import (
    Mistake,
    changed,
    classmate,
    document,
    edited,
    parameters,
    renamed,
    replaced,
    within,
    without,
)
from checks.simulation.student import Change, SimulatedStudent, Step

HELLO = "HelloWorldFunction"
HELLO_API = "HelloWorldFunction-API"
ALARM = "HelloWorldFunction-Errors"
PROCESSOR = "S3FileProcessor"
BUCKET = "lambda-lab"
TERRAFORM = "terraform-managed-lambda"
TERRAFORM_API = "terraform-managed-lambda-api"
LAYER = "common-utilities"
ADVANCED = "AdvancedProcessor"
ASYNC = "AsyncProcessor"
QUEUE = "lambda-dlq"

FILE = "lambda_function.py"
VARIABLES = "Environment.Variables"
NOTIFY = "put_bucket_notification_configuration"
CONFIGURE = "put_function_event_invoke_config"


def _mistake(
    mistake_id: str,
    description: str,
    fails: set[str],
    *changes: Callable[[SimulatedStudent], Change],
    slow: bool = False,
    not_graded: frozenset[str] = frozenset(),
) -> Mistake:
    return Mistake(mistake_id, description, fails, changed(*changes), slow, not_graded)


def _replaced(old: str, new: str, target: str, file: str = FILE) -> Callable[[SimulatedStudent], Change]:
    """Replace a part of a function's code. The part must exist."""
    return edited(file, replaced(old, new), target)


def _first_notification(edit: Callable[[Any], None]) -> Callable[[SimulatedStudent], Change]:
    """Change the only notification of the bucket."""
    return document(
        NOTIFY, BUCKET, "NotificationConfiguration", lambda has: edit(has["LambdaFunctionConfigurations"][0])
    )


def _filtered(name: str, value: str) -> Callable[[SimulatedStudent], Change]:
    rules = {"Key": {"FilterRules": [{"Name": name, "Value": value}]}}
    return _first_notification(lambda notification: notification.update(Filter=rules))


def _destination_on_success(configuration: Any) -> None:
    configuration["OnSuccess"] = configuration.pop("OnFailure")


def _layer_of_a_classmate(student: SimulatedStudent) -> Change:
    """Attach a layer of a classmate together with the student's layer."""
    borrowed = classmate(student).publish_layer("extras", {"python/extras.py": ""}, CompatibleRuntimes=["python3.12"])

    def change(step: Step) -> bool:
        if step.operation == "create_function" and step.target == ADVANCED:
            step.parameters["Layers"] = [*step.parameters["Layers"], borrowed]
        return True

    return change


def _permitted_for_get(_student: SimulatedStudent) -> Change:
    """Limit the API's permission to GET."""

    def change(step: Step) -> bool:
        if step.operation == "add_permission" and step.target == HELLO:
            step.parameters["SourceArn"] = step.parameters["SourceArn"].replace("/*/*/", "/*/GET/")
        return True

    return change


def _utilities() -> str:
    """Return the code of the layer."""
    return (Path(__file__).parent / "student-code" / "common_utils.py").read_text(encoding="utf-8")


def _underscored(name: str) -> str:
    """Return ``user1_AdvancedProcessor`` for ``user1-AdvancedProcessor``."""
    return name.replace(f"-{ADVANCED}", f"_{ADVANCED}")


MISTAKES: list[Mistake] = [
    # --- nothing, or not all ------------------------------------------------------------------------------------------
    _mistake(
        "nothing-built",
        "built nothing, which for Lab 6 looks as if everything was destroyed",
        {
            "hello-function",
            "hello-alarm",
            "s3-function",
            "utilities-layer",
            "advanced-function",
            "async-function",
            "async-queue",
            "names-carry-prefix",
            "nothing-borrowed",
        },
        without(),
        not_graded=frozenset({"terraform-resources"}),
    ),
    _mistake(
        "only-lab-6",
        "built Lab 6 and nothing else",
        {
            "hello-function",
            "hello-alarm",
            "s3-function",
            "utilities-layer",
            "advanced-function",
            "async-function",
            "async-queue",
            "nothing-borrowed",
        },
        *(
            without(target=target)
            for target in (HELLO, HELLO_API, ALARM, PROCESSOR, f"{PROCESSOR}-role", BUCKET, LAYER, ADVANCED, ASYNC)
        ),
        without(target=QUEUE),
        without(target=f"{ASYNC}-role"),
    ),
    _mistake("no-hello", "left HelloWorldFunction out", {"hello-function"}, without(target=HELLO)),
    _mistake("no-s3-function", "left S3FileProcessor out", {"s3-function"}, without(target=PROCESSOR)),
    _mistake("no-advanced", "left AdvancedProcessor out", {"advanced-function"}, without(target=ADVANCED)),
    _mistake("no-async", "left AsyncProcessor out", {"async-function"}, without(target=ASYNC)),
    # --- Labs 1 and 3 -----------------------------------------------------------------------------------------------
    _mistake(
        "hello-defaults",
        "skipped step 3.5, so memory size and timeout have their defaults",
        {"hello-function"},
        parameters("create_function", HELLO, MemorySize=128, Timeout=3),
    ),
    _mistake(
        "hello-welcome",
        "skipped step 3.4, so the variables have their first values",
        {"hello-environment"},
        within("create_function", HELLO, VARIABLES, GREETING_PREFIX="Welcome", ENVIRONMENT="development"),
    ),
    _mistake(
        "hello-variable-left-out",
        "forgot the suffix and set another length",
        {"hello-environment"},
        within("create_function", HELLO, VARIABLES, GREETING_SUFFIX=None, MAX_RESPONSE_LENGTH="5000"),
    ),
    _mistake(
        "hello-lab-1-code",
        "kept the code of Lab 1, which reads the name from the event itself",
        {"hello-answers"},
        _replaced(
            '(event.get("queryStringParameters") or {}).get("name", "Developer")', 'event.get("name", "World")', HELLO
        ),
    ),
    _mistake(
        "hello-hard-coded",
        "wrote the greeting into the code",
        {"hello-uses-environment"},
        _replaced('os.environ.get("GREETING_PREFIX", "Hello")', '"Hello"', HELLO),
    ),
    _mistake(
        "hello-wants-parameters",
        "wrote code that fails without query parameters",
        {"hello-empty-event"},
        _replaced('(event.get("queryStringParameters") or {})', 'event["queryStringParameters"]', HELLO),
    ),
    # --- Lab 2 ------------------------------------------------------------------------------------------------------
    _mistake("no-api", "added no API", {"hello-api"}, without(target=HELLO_API)),
    _mistake(
        "api-only-get",
        "created only a GET method in the API",
        {"hello-api", "hello-api-post"},
        parameters("put_method", HELLO_API, f"ANY /{HELLO}", httpMethod="GET"),
        parameters("put_integration", HELLO_API, f"ANY /{HELLO}", httpMethod="GET"),
    ),
    _mistake(
        "api-not-deployed",
        "never deployed the API",
        {"hello-api-get"},
        without("create_deployment", HELLO_API),
    ),
    _mistake(
        "api-not-permitted",
        "gave API Gateway no permission",
        {"hello-api-permission"},
        without("add_permission", HELLO),
    ),
    _mistake(
        "any-api-permitted",
        "allowed every API of every account to invoke the function",
        {"hello-api-permission"},
        parameters("add_permission", HELLO, SourceArn=None),
    ),
    _mistake(
        "only-get-permitted",
        "allowed the API to invoke the function only for GET",
        {"hello-api-permission"},
        _permitted_for_get,
    ),
    # --- Lab 4 ------------------------------------------------------------------------------------------------------
    _mistake(
        "hello-bad-json",
        "parsed the body without catching the error",
        {"hello-bad-json"},
        _replaced(
            "    try:\n        prefix",
            '    parsed = json.loads(event.get("body") or "{}")\n    log_event("INFO", "Parsed", keys=len(parsed))\n'
            "    try:\n        prefix",
            HELLO,
        ),
    ),
    _mistake(
        "hello-plain-logs",
        "logged plain text",
        {"hello-logs"},
        _replaced(
            'json.dumps({"timestamp": datetime.now(UTC).isoformat(), "level": level, "message": message, **fields})',
            'f"{level}: {message} {fields}"',
            HELLO,
        ),
    ),
    _mistake(
        "hello-mixed-logs",
        "kept the first print in addition to the structured logs",
        {"hello-logs"},
        _replaced("    try:\n        prefix", '    print(f"Received event: {event}")\n    try:\n        prefix', HELLO),
    ),
    _mistake("no-alarm", "created no alarm", {"hello-alarm"}, without(target=ALARM)),
    _mistake(
        "alarm-at-five",
        "set the alarm to five errors or more",
        {"hello-alarm"},
        parameters("put_metric_alarm", ALARM, ComparisonOperator="GreaterThanOrEqualToThreshold"),
    ),
    _mistake(
        "alarm-average",
        "left the alarm's statistic at Average and its period at one minute",
        {"hello-alarm"},
        parameters("put_metric_alarm", ALARM, Statistic="Average", Period=60),
    ),
    _mistake(
        "alarm-on-another",
        "put the alarm on another function",
        {"hello-alarm"},
        parameters("put_metric_alarm", ALARM, Dimensions=[{"Name": "FunctionName", "Value": f"{{username}}-{ASYNC}"}]),
    ),
    # --- Lab 5 ------------------------------------------------------------------------------------------------------
    _mistake("s3-no-trigger", "added no trigger", {"s3-trigger"}, without(NOTIFY, BUCKET)),
    _mistake(
        "s3-only-put",
        "chose PUT instead of all object create events",
        {"s3-trigger"},
        _first_notification(lambda notification: notification.update(Events=["s3:ObjectCreated:Put"])),
    ),
    _mistake(
        "s3-only-images",
        "left a filter that accepts only images",
        {"s3-trigger", "s3-processes"},
        _filtered("suffix", ".jpg"),
    ),
    _mistake("s3-not-permitted", "gave S3 no permission", {"s3-permission"}, without("add_permission", PROCESSOR)),
    _mistake(
        "s3-words",
        "split words only at spaces",
        {"s3-processes"},
        _replaced("len(content.split())", 'len(content.split(" "))', PROCESSOR),
    ),
    _mistake(
        "s3-elsewhere",
        "saved the analysis in another folder",
        {"s3-processes"},
        _replaced("analysis/{key}.json", "results/{key}.json", PROCESSOR),
        slow=True,  # the grader waits for the missing object
    ),
    # --- Lab 6 ------------------------------------------------------------------------------------------------------
    _mistake(
        "terraform-function-gone",
        "deleted the function but not the rest of Lab 6",
        {"terraform-resources", "terraform-function"},
        without(target=TERRAFORM, service="lambda"),
    ),
    _mistake(
        "terraform-defaults",
        "omitted timeout and memory size from the Terraform configuration",
        {"terraform-function"},
        parameters("create_function", TERRAFORM, Timeout=None, MemorySize=None),
    ),
    _mistake(
        "terraform-first-version",
        "skipped step 6.7",
        {"terraform-environment"},
        within("create_function", TERRAFORM, VARIABLES, APP_VERSION="1.0.0", FEATURE_FLAG=None),
    ),
    _mistake(
        "terraform-tags",
        "omitted a tag and wrote another one in lower case",
        {"terraform-tags"},
        within("create_function", TERRAFORM, "Tags", Project=None, ManagedBy="terraform"),
    ),
    _mistake(
        "terraform-bare-role",
        "attached no policy to the role",
        {"terraform-role"},
        without("attach_role_policy", f"{TERRAFORM}-role"),
    ),
    _mistake(
        "terraform-logs-stay",
        "omitted the retention of the logs",
        {"terraform-logs"},
        without("put_retention_policy", TERRAFORM),
    ),
    _mistake(
        "terraform-logs-30",
        "kept the logs for 30 days",
        {"terraform-logs"},
        parameters("put_retention_policy", TERRAFORM, retentionInDays=30),
    ),
    _mistake(
        "terraform-no-log-group",
        "created no log group",
        {"terraform-resources", "terraform-logs"},
        without(target=TERRAFORM, service="logs"),
    ),
    _mistake(
        "terraform-one-path",
        "created a resource /hello instead of {proxy+}",
        {"terraform-api"},
        parameters("create_resource", TERRAFORM_API, pathPart="hello"),
    ),
    _mistake(
        "terraform-stage-dev",
        "deployed to the stage dev",
        {"terraform-stage"},
        parameters("create_deployment", TERRAFORM_API, stageName="dev"),
    ),
    _mistake(
        "terraform-not-permitted",
        "omitted aws_lambda_permission",
        {"terraform-permission"},
        without("add_permission", TERRAFORM),
    ),
    _mistake(
        "terraform-hard-coded",
        "wrote the version into the code",
        {"terraform-uses-environment"},
        _replaced('os.environ.get("APP_VERSION", "1.0.0")', '"1.0"', TERRAFORM),
    ),
    _mistake(
        "terraform-wants-a-key",
        "required an API key for the method",
        {"terraform-endpoint"},
        parameters("put_method", TERRAFORM_API, apiKeyRequired=True),
    ),
    # --- Lab 7 ------------------------------------------------------------------------------------------------------
    _mistake("no-layer", "published no layer", {"utilities-layer", "advanced-loads"}, without(target=LAYER)),
    _mistake(
        "utilities-in-package",
        "wrote the utilities into the function instead of a layer",
        {"utilities-layer"},
        without(target=LAYER),
        _replaced("from common_utils import DataProcessor, format_response, validate_input", _utilities(), ADVANCED),
    ),
    _mistake(
        "layer-for-node",
        "published the layer for Node.js",
        {"utilities-layer"},
        parameters("publish_layer_version", LAYER, CompatibleRuntimes=["nodejs22.x"]),
    ),
    _mistake(
        "layer-not-attached",
        "published the layer and did not attach it",
        {"advanced-layer", "advanced-loads"},
        parameters("create_function", ADVANCED, Layers=[]),
    ),
    _mistake(
        "metrics-wrong",
        "calculated the average without one of the numbers",
        {"advanced-metrics"},
        _replaced("sum(data) / len(data)", "sum(data) / (len(data) - 1)", LAYER, "python/common_utils.py"),
    ),
    _mistake(
        "sanitize-keeps-all",
        "only trimmed the text",
        {"advanced-sanitize"},
        _replaced("if character.isalnum() or character.isspace()", "", LAYER, "python/common_utils.py"),
    ),
    _mistake(
        "validation-with-200",
        "returned 200 for a request without an operation",
        {"advanced-validates"},
        _replaced('format_response(400, {"error": f"Missing', 'format_response(200, {"error": f"Missing', ADVANCED),
    ),
    _mistake(
        "unknown-with-200",
        "returned 200 for an unknown operation",
        {"advanced-unknown"},
        _replaced('format_response(400, {"error": f"Unknown', 'format_response(200, {"error": f"Unknown', ADVANCED),
    ),
    _mistake(
        "async-handler",
        "named a handler that is not in the package",
        {"async-loads"},
        parameters("create_function", ASYNC, Handler="async_processor.lambda_handler"),
    ),
    _mistake(
        "async-not-reserved",
        "set no reserved concurrency",
        {"async-reserved"},
        without("put_function_concurrency", ASYNC),
    ),
    _mistake(
        "async-age",
        "left the maximum age at six hours",
        {"async-settings"},
        parameters(CONFIGURE, ASYNC, MaximumEventAgeInSeconds=None),
    ),
    _mistake(
        "async-no-retries",
        "set the retry attempts to 0",
        {"async-settings"},
        parameters(CONFIGURE, ASYNC, MaximumRetryAttempts=0),
    ),
    _mistake("no-queue", "created no queue", {"async-queue"}, without(target=QUEUE)),
    _mistake(
        "async-no-destination",
        "created the queue but configured no destination",
        {"async-destination"},
        parameters(CONFIGURE, ASYNC, DestinationConfig=None),
    ),
    _mistake(
        "async-on-success",
        "set the queue as the on-success destination",
        {"async-destination"},
        document(CONFIGURE, ASYNC, "DestinationConfig", _destination_on_success),
    ),
    # --- everywhere -------------------------------------------------------------------------------------------------
    _mistake(
        "underscore",
        "wrote an underscore after the prefix",
        {"advanced-function", "names-carry-prefix"},
        renamed(ADVANCED, "FunctionName", _underscored),
    ),
    _mistake(
        "borrowed-layer",
        "attached a classmate's layer",
        {"nothing-borrowed"},
        _layer_of_a_classmate,
    ),
]

HALF_DONE = ("no-api", "no-s3-function", "no-advanced", "no-async")
"""The mistakes of a student who does about half of the lab."""
