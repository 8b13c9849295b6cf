"""Mistakes that students make in this lab, with the checks that must find them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from checks.simulation.builders import add_permission
from checks.simulation.mistake import (
    CLASSMATE,
    Mistake,
    afterwards,
    changed,
    document,
    edited,
    parameters,
    renamed,
    replaced,
    within,
    without,
)
from checks.simulation.rest_api import create_rest_api, execution_arn
from checks.simulation.student import Change, SimulatedStudent, Step

FUNCTION, TESTER, SCALER = "performance-function", "load-tester", "sqs-scaler"
API, PLAN, KEY, QUEUE = "optimized-api", "performance-plan", "performance-key", "high-throughput-queue"
DASHBOARD = "performance-dashboard"
ROUTE = "POST /performance"

_FIVE_AT_ONCE = """
import fcntl, tempfile
for slot in range(5):  # files stand for the outside service's connections: on the embedded AWS all workers share them
    with open(f"{tempfile.gettempdir()}/{context.function_name}-{slot}.connection", "w") as connection:
        try:
            fcntl.flock(connection, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        time.sleep(0.3)
        return inner()
raise ConnectionError("too many connections")
"""


def _around(operation: str, body: str) -> Callable[[str], str]:
    """Insert lines before one operation of the high-performance function. They can use ``context`` and ``inner()``."""
    lines = "".join(f"    {line}\n" for line in body.strip().splitlines())
    return lambda text: (
        f"{text}\n\n_inner = lambda_handler\n\n\n"
        "def lambda_handler(event, context):\n"
        "    inner = lambda: _inner(event, context)\n"
        f"    if '\"{operation}\"' not in (event.get('body') or ''):\n"
        "        return inner()\n"
        f"{lines}"
    )


def _code(file: str, old: str, new: str) -> Callable[[SimulatedStudent], None]:
    return changed(edited(f"{file}.py", replaced(old, new)))


def _widgets(edit: Callable[[list[Any]], Any]) -> Callable[[SimulatedStudent], None]:
    """Change the widgets of the dashboard."""

    def change(body: Any) -> None:
        edit(body["widgets"])

    return changed(document("put_dashboard", DASHBOARD, "DashboardBody", change))


def _only_own_lines(widgets: list[Any]) -> None:
    """Remove the second function's lines."""
    for widget in widgets[:2]:
        widget["properties"]["metrics"].pop()


def _plot_classmate(widgets: list[Any]) -> None:
    for widget in widgets[:2]:
        widget["properties"]["metrics"][0][3] = f"{CLASSMATE}-{FUNCTION}"


def _without_alias(_: SimulatedStudent) -> Change:
    """Integrate the API with the function instead of the alias."""

    def change(step: Step) -> bool:
        if step.operation == "put_integration":
            step.parameters["uri"] = step.parameters["uri"].replace(":prod/invocations", "/invocations")
        return True

    return change


def _alias_with_prefix(student: SimulatedStudent) -> Change:
    """Create the alias with the prefix, and use that name everywhere."""
    name = student.named("prod")

    def change(step: Step) -> bool:
        for key in {"create_alias": ("Name",), "put_integration": ("uri",)}.get(step.operation, ("Qualifier",)):
            value = step.parameters.get(key)
            if value == "prod":
                step.parameters[key] = name
            elif isinstance(value, str):
                step.parameters[key] = value.replace(":prod/invocations", f":{name}/invocations")
        return True

    return change


def _other_api(student: SimulatedStudent) -> Change:
    """Add the permission for an older API of the student."""
    first = create_rest_api(SimulatedStudent(student.username, student.connections), "first-try-api")

    def change(step: Step) -> bool:
        if step.operation == "add_permission":
            step.parameters["SourceArn"] = execution_arn(student, first)
        return True

    return change


def _permission_on_function(student: SimulatedStudent) -> None:
    """Add the permission to the function, which does not apply to the alias."""
    student.changes.append(without("add_permission", FUNCTION)(student))

    def permit() -> None:
        as_it_stands = SimulatedStudent(student.username, student.connections)
        add_permission(as_it_stands, FUNCTION, "apigateway.amazonaws.com", f"arn:aws:execute-api:{student.region}:*")

    student.epilogue.append(permit)


def _memory_after_publishing(student: SimulatedStudent) -> None:
    """Publish a version with little memory, and add memory only to ``$LATEST``."""
    student.changes.append(parameters("create_function", FUNCTION, MemorySize=512)(student))

    def change() -> None:
        function = student.named(FUNCTION)
        student.call("update_function_configuration", FunctionName=function, MemorySize=2048)

    student.epilogue.append(change)


def _another_version(student: SimulatedStudent) -> None:
    """Publish twice and split the alias's traffic between the versions."""
    function = student.named(FUNCTION)
    student.call("update_function_configuration", FunctionName=function, Description="second try")
    version = student.call("publish_version", FunctionName=function)["Version"]
    routing = {"AdditionalVersionWeights": {version: 0.5}}
    student.call("update_alias", FunctionName=function, Name="prod", FunctionVersion="1", RoutingConfig=routing)


def _disable_mapping(student: SimulatedStudent) -> None:
    mappings = student.call("list_event_source_mappings", FunctionName=student.named(SCALER))["EventSourceMappings"]
    student.call("update_event_source_mapping", UUID=mappings[0]["UUID"], Enabled=False)


def _disable_key(student: SimulatedStudent) -> None:
    keys = student.call("get_api_keys", "apigateway", nameQuery=student.named(KEY))["items"]
    patch = [{"op": "replace", "path": "/enabled", "value": "false"}]
    student.call("update_api_key", "apigateway", apiKey=keys[0]["id"], patchOperations=patch)


def _other_handler(suffix: str, handler: str) -> Callable[[SimulatedStudent], None]:
    return changed(parameters("create_function", suffix, Handler=handler))


MISTAKES: list[Mistake] = [
    # --- nothing, or not all ----------------------------------------------------------------------------------------
    Mistake(
        "nothing-built",
        "built nothing",
        {
            "performance-function",
            "load-tester",
            "api",
            "usage-plan",
            "api-key",
            "queue",
            "sqs-scaler",
            "names-carry-prefix",
            "dashboard",
        },
        changed(without()),
    ),
    Mistake(
        "no-performance-function",
        "did not create the high-performance function",
        {"performance-function"},
        changed(without("", FUNCTION)),
    ),
    Mistake("no-load-tester", "left the load tester out", {"load-tester"}, changed(without("", TESTER))),
    Mistake("no-queue", "created no queue", {"queue"}, changed(without("create_queue", QUEUE))),
    Mistake(
        "no-api",
        "created no REST API and so no usage plan",
        {"api", "usage-plan", "api-key"},
        changed(without(service="apigateway", target=API)),
    ),
    Mistake("no-dashboard", "created no dashboard", {"dashboard"}, changed(without("put_dashboard"))),
    # --- names ------------------------------------------------------------------------------------------------------
    Mistake(
        "capital-letters",
        "wrote the load tester's name with capitals",
        {"load-tester", "names-carry-prefix"},
        changed(renamed(TESTER, "FunctionName", str.title)),
    ),
    Mistake(
        "queue-underscores",
        "wrote the queue's name with underscores",
        {"queue", "names-carry-prefix"},
        changed(renamed(QUEUE, "QueueName", lambda name: name.replace("-", "_"))),
    ),
    # --- functions --------------------------------------------------------------------------------------------------
    Mistake(
        "performance-memory",
        "published the version with the 512 MB of the lab's later test",
        {"performance-function"},
        changed(parameters("create_function", FUNCTION, MemorySize=512)),
    ),
    Mistake(
        "memory-after-publishing",
        "published the version with 512 MB and set 2048 MB only on $LATEST, which the alias does not serve",
        {"performance-function"},
        _memory_after_publishing,
    ),
    Mistake(
        "performance-handler",
        "left the handler at the console's lambda_function.lambda_handler",
        {"performance-function", "performance-loads"},
        _other_handler(FUNCTION, "lambda_function.lambda_handler"),
    ),
    Mistake(
        "switched-off",
        "set a reserved concurrency of 0 on the high-performance function, so none can be provisioned",
        {"performance-can-run", "reserved-concurrency", "provisioned-concurrency"},
        changed(
            parameters("put_function_concurrency", FUNCTION, ReservedConcurrentExecutions=0),
            without("put_provisioned_concurrency_config"),
        ),
    ),
    Mistake(
        "sqs-scaler-memory",
        "gave the SQS function 128 MB",
        {"sqs-scaler"},
        changed(parameters("create_function", SCALER, MemorySize=None)),
    ),
    # --- versions, aliases, concurrency -----------------------------------------------------------------------------
    Mistake(
        "no-version",
        "published no version and so created no alias",
        {"version-published"},
        changed(without("publish_version")),
    ),
    Mistake(
        "alias-at-latest",
        "pointed the alias to $LATEST, which cannot have provisioned concurrency",
        {"alias-prod", "provisioned-concurrency"},
        changed(
            parameters("create_alias", FUNCTION, FunctionVersion="$LATEST"),
            without("put_provisioned_concurrency_config"),
        ),
    ),
    Mistake(
        "alias-with-prefix",
        "created the alias with the prefix and used that name everywhere",
        {"alias-prod", "api-route"},
        changed(_alias_with_prefix),
    ),
    Mistake("alias-split", "left the alias split between two versions", {"alias-prod"}, afterwards(_another_version)),
    Mistake(
        "reserved-twenty",
        "set a reserved concurrency of 20 instead of 50",
        {"reserved-concurrency"},
        changed(parameters("put_function_concurrency", FUNCTION, ReservedConcurrentExecutions=20)),
    ),
    Mistake(
        "no-provisioned-concurrency",
        "set no provisioned concurrency, because the handout's option does not exist",
        {"provisioned-concurrency"},
        changed(without("put_provisioned_concurrency_config")),
    ),
    Mistake(
        "sqs-scaler-unreserved",
        "set no reserved concurrency on the SQS function, because create-function has no such option",
        {"sqs-scaler-reserved"},
        changed(without("put_function_concurrency", SCALER)),
    ),
    # --- REST API ---------------------------------------------------------------------------------------------------
    Mistake(
        "route-without-alias",
        "integrated the API with the function instead of its alias, which has the permission",
        {"api-route", "api-permission"},
        changed(_without_alias),
    ),
    Mistake(
        "get-instead-of-post",
        "created a GET method",
        {"api-route"},
        changed(
            parameters("put_method", API, ROUTE, httpMethod="GET"),
            parameters("put_integration", API, ROUTE, httpMethod="GET"),
        ),
    ),
    Mistake(
        "integration-not-proxy",
        "integrated the function without Lambda proxy integration",
        {"api-route", "endpoint"},
        changed(parameters("put_integration", API, ROUTE, type="AWS")),
    ),
    Mistake(
        "permission-for-everybody",
        "allowed every API to invoke the function",
        {"api-permission"},
        changed(parameters("add_permission", FUNCTION, SourceArn=None)),
    ),
    Mistake(
        "permission-for-another-api",
        "added the permission for another API",
        {"api-permission"},
        changed(_other_api),
    ),
    Mistake(
        "permission-without-alias",
        "added the permission to the function instead of the alias",
        {"api-permission"},
        _permission_on_function,
    ),
    Mistake(
        "not-deployed",
        "never deployed the API",
        {"api-stage", "usage-plan", "api-key"},
        changed(without("create_deployment")),
    ),
    Mistake(
        "no-cache",
        "deployed the stage without a cache",
        {"api-stage"},
        changed(parameters("create_deployment", API, cacheClusterEnabled=None, cacheClusterSize=None)),
    ),
    Mistake(
        "plan-limits",
        "mixed up the rate and the burst of the usage plan",
        {"usage-plan"},
        changed(within("create_usage_plan", PLAN, "throttle", rateLimit=1000, burstLimit=500)),
    ),
    Mistake(
        "plan-throttles-early",
        "required the key for the method and limited the usage plan to ten requests a second",
        {"usage-plan"},
        changed(
            parameters("put_method", API, ROUTE, apiKeyRequired=True),
            within("create_usage_plan", PLAN, "throttle", rateLimit=10, burstLimit=10),
        ),
    ),
    Mistake(
        "plan-unbound",
        "added no stage to the usage plan",
        {"usage-plan"},
        changed(parameters("create_usage_plan", PLAN, apiStages=None)),
    ),
    Mistake("key-disabled", "left the API key disabled", {"api-key"}, afterwards(_disable_key)),
    Mistake("key-unbound", "bound the API key to no plan", {"api-key"}, changed(without("create_usage_plan_key"))),
    # --- queue ------------------------------------------------------------------------------------------------------
    Mistake(
        "queue-retention",
        "left the queue's retention at 4 days",
        {"queue"},
        changed(within("create_queue", QUEUE, "Attributes", MessageRetentionPeriod=None)),
    ),
    Mistake(
        "no-mapping",
        "created the queue but no event source mapping",
        {"event-source-mapping"},
        changed(without("create_event_source_mapping")),
    ),
    Mistake(
        "mapping-disabled",
        "left the event source mapping disabled",
        {"event-source-mapping", "messages-consumed"},
        afterwards(_disable_mapping),
    ),
    Mistake(
        "no-failure-reports",
        "created the event source mapping without ReportBatchItemFailures",
        {"event-source-mapping"},
        changed(parameters("create_event_source_mapping", SCALER, FunctionResponseTypes=None)),
    ),
    Mistake(
        "scaler-reports-everything",
        "reported every message as failed",
        {"sqs-scaler-answers"},
        _code(
            "sqs_scaler",
            "        try:\n",
            '        failures.append({"itemIdentifier": record["messageId"]})\n        try:\n',
        ),
    ),
    Mistake(
        "messages-fail",
        "wrote code that fails on messages from the real queue",
        {"messages-consumed"},
        _code(
            "sqs_scaler",
            '    for record in event["Records"]:\n',
            '    for record in event["Records"]:\n'
            '        if not record["messageId"].startswith("00000000"):\n'
            '            raise RuntimeError("no connection to the database")\n',
        ),
        slow=True,
    ),
    # --- dashboard --------------------------------------------------------------------------------------------------
    Mistake(
        "dashboard-one-function",
        "plotted only the high-performance function",
        {"dashboard-duration", "dashboard-concurrency"},
        _widgets(_only_own_lines),
    ),
    Mistake(
        "classmate-on-dashboard",
        "plotted a classmate's function",
        {"dashboard-duration", "dashboard-concurrency"},
        _widgets(_plot_classmate),
    ),
    Mistake(
        "dashboard-half",
        "omitted the widgets for errors and for the function's custom metrics",
        {"dashboard-errors", "dashboard-custom"},
        _widgets(lambda widgets: widgets.__delitem__(slice(2, 4))),
    ),
    Mistake("no-api-widget", "left the API's widget out", {"dashboard-api"}, _widgets(lambda widgets: widgets.pop())),
    # --- what the functions do --------------------------------------------------------------------------------------
    Mistake(
        "default-answers-500",
        "returned 500 for the default operation",
        {"answers-default"},
        changed(edited("performance_function.py", _around("default", 'return {"statusCode": 500, "body": "{}"}'))),
    ),
    Mistake(
        "batches-too-small",
        "did not implement large batches",
        {"answers-database"},
        _code("performance_function", ', "large": 1000}', "}"),
    ),
    Mistake(
        "chunks-of-one",
        "processed the records one by one",
        {"answers-stream"},
        _code("performance_function", "CHUNK = 50", "CHUNK = 1"),
    ),
    Mistake(
        "wrong-sum",
        "added the numbers instead of their squares",
        {"answers-cpu"},
        _code("performance_function", "number * number for", "number for"),
    ),
    Mistake(
        "no-performance-figures",
        "returned no performance figures",
        {"answers-concurrent"},
        _code("performance_function", ', "performance": performance}', "}"),
    ),
    Mistake(
        "bad-input-crashes",
        "caught no exceptions",
        {"bad-input"},
        _code("performance_function", "except Exception as error", "except MemoryError as error"),
    ),
    Mistake(
        "too-few-connections",
        "shared five connections, so more than five concurrent invocations fail",
        {"under-load"},
        changed(edited("performance_function.py", _around("cpu_intensive", _FIVE_AT_ONCE))),
    ),
    Mistake(
        "load-tester-counts-nothing",
        "counted no request as successful",
        {"load-test-results"},
        _code("load_tester", '"successful_requests": len(times_ms)', '"successful_requests": 0'),
    ),
    Mistake(
        "one-operation-hangs",
        "wrote a memory test that never returns",
        {"answers-memory"},
        changed(edited("performance_function.py", _around("memory_test", "time.sleep(600)\nreturn inner()"))),
        slow=True,
    ),
]

HALF_DONE = ("no-load-tester", "no-api", "no-queue", "no-dashboard")
"""The mistakes of a student who does about half of the lab."""
