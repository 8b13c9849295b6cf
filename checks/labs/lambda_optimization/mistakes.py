"""Mistakes that students make in this lab, with the checks that must find them."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

from checks.simulation.mistake import (
    CLASSMATE,
    Mistake,
    afterwards,
    changed,
    edited,
    files,
    parameters,
    renamed,
    without,
)
from checks.simulation.student import SimulatedStudent, Step, zipped

OPTIMIZED = "optimized-function"
ERRORS = "error-handling-function"
CODE = Path(__file__).parent / "student-code"

_FIVE_AT_ONCE = """
import fcntl, tempfile
if operation != "default":
    return inner()
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

BROKEN_EVERYWHERE = {"optimized-answers", "answers-dev", "answers-staging"}
"""The checks that fail if all code is broken. The checks that depend on the production alias are skipped."""


def _around(body: str) -> Callable[[str], str]:
    """Wrap a module's handler. The lines can use ``event``, ``operation`` and ``inner()``."""
    lines = textwrap.indent(textwrap.dedent(body).strip(), "    ")
    return lambda text: (
        f"{text}\n\n_inner = lambda_handler\n\n\n"
        "def lambda_handler(event, context):\n"
        '    operation = next((name for name in ("heavy", "memory", "retry_demo", "timeout_demo", "memory_demo")\n'
        '                      if f\'"{name}"\' in (event.get("body") or "")), "default")\n'
        "    inner = lambda: _inner(event, context)\n"
        f"{lines}\n"
    )


def _only_latest(body: str) -> Callable[[SimulatedStudent], None]:
    """Deploy other code after everything is published. Only ``$LATEST``, and so the development alias, has it."""

    def deploy(student: SimulatedStudent) -> None:
        text = (CODE / "optimized_function.py").read_text(encoding="utf-8")
        package = zipped({"optimized_function.py": _around(body)(text)})
        student.call("update_function_code", FunctionName=student.named(OPTIMIZED), ZipFile=package)

    return afterwards(deploy)


def _classmates_layer(student: SimulatedStudent) -> None:
    """Publish a layer of a classmate who is not in the class, and attach it instead of the student's layer."""
    layer = student.call(
        "publish_layer_version",
        LayerName=f"{CLASSMATE}-shared-dependencies",
        Content={"ZipFile": zipped({"python/shared_session.py": ""})},
        CompatibleRuntimes=["python3.13"],
    )

    def change(step: Step) -> bool:
        if step.operation == "create_function" and step.target == OPTIMIZED:
            step.parameters["Layers"] = [layer["LayerVersionArn"], *step.parameters["Layers"][1:]]
        return True

    student.changes.append(change)


def _newer_layer(student: SimulatedStudent) -> None:
    """Publish the layer again without updating the function."""
    student.call(
        "publish_layer_version",
        LayerName=student.named("shared-dependencies"),
        Content={"ZipFile": zipped({"python/shared_session.py": "# newer\n"})},
        CompatibleRuntimes=["python3.13"],
    )


def _configure(**settings: Any) -> Callable[[SimulatedStudent], None]:
    """Change the optimized function's configuration after everything is published."""
    return afterwards(
        lambda student: student.call("update_function_configuration", FunctionName=student.named(OPTIMIZED), **settings)
    )


def _switched_off(student: SimulatedStudent) -> None:
    student.call("put_function_concurrency", FunctionName=student.named(OPTIMIZED), ReservedConcurrentExecutions=0)


def _dashboard(edit: Callable[[Any], None]) -> Callable[[SimulatedStudent], None]:
    """Change the body of the dashboard."""

    def change(step: Step) -> bool:
        if step.operation == "put_dashboard":
            body = json.loads(step.parameters["DashboardBody"])
            edit(body)
            step.parameters["DashboardBody"] = json.dumps(body)
        return True

    return changed(lambda _: change)


def _drop_second_lines(body: Any) -> None:
    for widget in body["widgets"]:
        del widget["properties"]["metrics"][1]


def _plot_classmate(body: Any) -> None:
    for widget in body["widgets"]:
        widget["properties"]["metrics"][1][3] = f"{CLASSMATE}-{OPTIMIZED}"


def _vendor(package: dict[str, str]) -> None:
    package.update(
        {"requests/__init__.py": "", "requests/api.py": "", "requests-2.32.0.dist-info/METADATA": "Name: requests\n"}
    )


def _zipped_before_renaming(package: dict[str, str]) -> None:
    package["optimized_function_v2.py"] = package.pop("optimized_function.py")


def _same_code(package: dict[str, str]) -> None:
    package["optimized_function.py"] = (CODE / "optimized_function.py").read_text(encoding="utf-8")


MISTAKES: list[Mistake] = [
    # --- nothing, or not all ----------------------------------------------------------------------------------------
    Mistake(
        "nothing-built",
        "built nothing",
        {
            "baseline-function",
            "shared-dependencies-layer",
            "utilities-layer",
            "optimized-function",
            "error-function",
            "dashboard",
            "names-carry-prefix",
            "nothing-borrowed",
        },
        changed(without("")),
    ),
    Mistake(
        "no-baseline",
        "did not create the baseline function",
        {"baseline-function"},
        changed(without("", "baseline-function")),
    ),
    Mistake(
        "no-optimized-function",
        "did not create the optimized function",
        {"optimized-function"},
        changed(without("", OPTIMIZED)),
    ),
    Mistake(
        "no-error-function", "left the error-handling function out", {"error-function"}, changed(without("", ERRORS))
    ),
    # --- settings ---------------------------------------------------------------------------------------------------
    Mistake(
        "baseline-memory",
        "gave the baseline 256 MB",
        {"baseline-function"},
        changed(parameters("create_function", "baseline-function", MemorySize=256)),
    ),
    Mistake(
        "baseline-handler",
        "left the baseline's handler at the console's lambda_function.lambda_handler",
        {"baseline-function", "heavy-is-faster"},
        changed(parameters("create_function", "baseline-function", Handler="lambda_function.lambda_handler")),
    ),
    Mistake(
        "optimized-timeout",
        "left the optimized function's timeout at 3 s",
        {"optimized-function"},
        changed(parameters("create_function", OPTIMIZED, Timeout=None)),
    ),
    Mistake(
        "optimized-handler",
        "named a handler that does not exist",
        {"optimized-function", *BROKEN_EVERYWHERE},
        changed(parameters("create_function", OPTIMIZED, Handler="optimized_function.handler")),
    ),
    Mistake(
        "optimized-runtime",
        "moved the optimized function to Node.js",
        {"optimized-function", "answers-dev"},
        _configure(Runtime="nodejs22.x"),
    ),
    Mistake(
        "optimized-memory",
        "did not raise the memory size to 512 MB",
        {"optimized-memory"},
        changed(parameters("create_function", OPTIMIZED, MemorySize=256)),
    ),
    Mistake(
        "no-environment",
        "forgot the environment variable",
        {"optimized-environment"},
        changed(parameters("create_function", OPTIMIZED, Environment=None)),
    ),
    Mistake(
        "error-function-memory",
        "gave the error-handling function 128 MB",
        {"error-function"},
        changed(parameters("create_function", ERRORS, MemorySize=128)),
    ),
    # --- names ------------------------------------------------------------------------------------------------------
    Mistake(
        "capital-letters",
        "wrote the optimized function's name with capitals",
        {"optimized-function", "names-carry-prefix"},
        changed(renamed(OPTIMIZED, "FunctionName", str.title)),
    ),
    Mistake(
        "underscores",
        "wrote the dashboard's name with underscores",
        {"dashboard", "names-carry-prefix"},
        changed(renamed("lambda-optimization", "DashboardName", lambda name: name.replace("-", "_"))),
    ),
    # --- layers -----------------------------------------------------------------------------------------------------
    Mistake(
        "no-shared-layer",
        "published no layer with the shared dependencies",
        {"shared-dependencies-layer", "layers-attached"},
        changed(without("publish_layer_version", "shared-dependencies")),
    ),
    Mistake(
        "layer-for-nodejs",
        "published the utilities layer for Node.js",
        {"utilities-layer"},
        changed(parameters("publish_layer_version", "lambda-utils", CompatibleRuntimes=["nodejs22.x"])),
    ),
    Mistake(
        "layers-not-attached",
        "published the layers but attached none to the optimized function",
        {"layers-attached", *BROKEN_EVERYWHERE},
        changed(parameters("create_function", OPTIMIZED, Layers=[])),
    ),
    Mistake(
        "old-layer-version",
        "published the shared layer again but left the old version attached",
        {"layers-attached"},
        afterwards(_newer_layer),
    ),
    Mistake(
        "classmates-layer",
        "attached a classmate's layer",
        {"layers-attached", "nothing-borrowed"},
        _classmates_layer,
    ),
    Mistake(
        "error-function-without-layer",
        "attached no layer to the error-handling function",
        {"error-function-layer", "error-operations"},
        changed(parameters("create_function", ERRORS, Layers=[])),
    ),
    Mistake(
        "vendored-requests",
        "zipped requests into the optimized function's package",
        {"package-slim"},
        changed(files("update_function_code", OPTIMIZED, _vendor)),
    ),
    # --- versions and aliases ---------------------------------------------------------------------------------------
    Mistake(
        "one-version",
        "published only one version",
        {"two-versions", "alias-staging"},
        changed(
            parameters("update_function_code", OPTIMIZED, Publish=None), without("create_alias", OPTIMIZED, "staging")
        ),
    ),
    Mistake(
        "same-code",
        "published the same code twice",
        {"two-versions"},
        changed(files("update_function_code", OPTIMIZED, _same_code)),
    ),
    Mistake(
        "handouts-version-2",
        "followed step 4.1 exactly and zipped the file before renaming it",
        {"answers-dev", "answers-staging"},
        changed(files("update_function_code", OPTIMIZED, _zipped_before_renaming)),
    ),
    Mistake(
        "no-staging-alias",
        "created no staging alias",
        {"alias-staging"},
        changed(without("create_alias", OPTIMIZED, "staging")),
    ),
    Mistake(
        "alias-without-prefix",
        "called the production alias prod",
        {"alias-prod", "names-carry-prefix"},
        changed(
            parameters("create_alias", OPTIMIZED, "prod", Name="prod"),
            parameters("put_provisioned_concurrency_config", OPTIMIZED, "prod", Qualifier="prod"),
        ),
    ),
    Mistake(
        "prod-on-version-2",
        "pointed the production alias to version 2",
        {"alias-prod"},
        changed(parameters("create_alias", OPTIMIZED, "prod", FunctionVersion="2")),
    ),
    Mistake(
        "dev-on-version-1",
        "pointed the development alias to version 1",
        {"alias-dev"},
        changed(parameters("create_alias", OPTIMIZED, "dev", FunctionVersion="1")),
    ),
    Mistake(
        "weighted-alias",
        "left 10% of the production alias's traffic on version 2",
        {"alias-prod"},
        changed(parameters("create_alias", OPTIMIZED, "prod", RoutingConfig={"AdditionalVersionWeights": {"2": 0.1}})),
    ),
    # --- concurrency ------------------------------------------------------------------------------------------------
    Mistake(
        "nothing-reserved",
        "set no reserved concurrency",
        {"reserved-concurrency"},
        changed(without("put_function_concurrency", OPTIMIZED)),
    ),
    Mistake(
        "five-reserved",
        "set a reserved concurrency of 5",
        {"reserved-concurrency"},
        changed(parameters("put_function_concurrency", OPTIMIZED, ReservedConcurrentExecutions=5)),
    ),
    Mistake(
        "switched-off",
        "set a reserved concurrency of 0, so the function cannot be invoked",
        {"reserved-concurrency", "optimized-can-run"},
        afterwards(_switched_off),
    ),
    Mistake(
        "nothing-provisioned",
        "set no provisioned concurrency",
        {"provisioned-concurrency"},
        changed(without("put_provisioned_concurrency_config", OPTIMIZED)),
    ),
    Mistake(
        "one-provisioned",
        "set a provisioned concurrency of 1",
        {"provisioned-concurrency"},
        changed(parameters("put_provisioned_concurrency_config", OPTIMIZED, "prod", ProvisionedConcurrentExecutions=1)),
    ),
    Mistake(
        "provisioned-on-staging",
        "set the provisioned concurrency on the staging alias",
        {"provisioned-concurrency"},
        changed(parameters("put_provisioned_concurrency_config", OPTIMIZED, "prod", Qualifier="{username}-staging")),
    ),
    # --- dashboard --------------------------------------------------------------------------------------------------
    Mistake("no-dashboard", "created no dashboard", {"dashboard"}, changed(without("put_dashboard"))),
    Mistake(
        "dashboard-only-duration",
        "plotted only Duration",
        {"dashboard"},
        _dashboard(lambda body: body["widgets"].pop()),
    ),
    Mistake("dashboard-one-function", "plotted only the baseline", {"dashboard"}, _dashboard(_drop_second_lines)),
    Mistake(
        "dashboard-not-json",
        "saved a dashboard with a body that is not JSON",
        {"dashboard"},
        changed(parameters("put_dashboard", "lambda-optimization", DashboardBody='{"widgets": [')),
    ),
    Mistake(
        "classmate-on-dashboard",
        "plotted a classmate's optimized function",
        {"dashboard", "nothing-borrowed"},
        _dashboard(_plot_classmate),
    ),
    # --- what the functions do --------------------------------------------------------------------------------------
    Mistake(
        "bad-json-crashes",
        "omitted the error handling in the optimized function",
        {"optimized-bad-json", "newest-bad-json"},
        changed(edited("optimized_function.py", lambda text: text.replace("@guarded\n", ""))),
    ),
    Mistake(
        "bad-json-500",
        "returned 500 for invalid input in the utilities layer",
        {"optimized-bad-json", "newest-bad-json", "error-bad-json"},
        changed(edited("python/lambda_utils.py", lambda text: text.replace("respond(400, {", "respond(500, {"))),
    ),
    Mistake(
        "default-only",
        "implemented only the default operation",
        {"answers-dev", "answers-prod", "answers-staging", "heavy-is-faster"},
        changed(
            edited(
                "optimized_function.py",
                _around('return inner() if operation == "default" else {"statusCode": 501, "body": "\\"not yet\\""}'),
            )
        ),
    ),
    Mistake(
        "heavy-still-slow",
        "kept the baseline's sleep in the heavy operation",
        {"heavy-is-faster"},
        changed(
            edited("optimized_function.py", _around('time.sleep(0.9 if operation == "heavy" else 0)\nreturn inner()'))
        ),
    ),
    Mistake(
        "script-in-a-500",
        "returned 500 and a page with a script for every invocation",
        BROKEN_EVERYWHERE,
        changed(
            edited(
                "optimized_function.py",
                _around('return {"statusCode": 500, "body": "\\"<script>alert(document.cookie)</script>\\""}'),
            )
        ),
    ),
    Mistake(
        "crashes-while-loading",
        "read a missing environment variable while the module loads",
        BROKEN_EVERYWHERE,
        changed(edited("optimized_function.py", lambda text: text + '\nTABLE = os.environ["TABLE_NAME"]\n')),
    ),
    Mistake(
        "formula-in-a-500",
        "returned 500 and a spreadsheet formula from the error-handling function's default operation",
        {"error-operations"},
        changed(
            edited(
                "error_handling_function.py",
                _around(
                    """
                    if operation == "default" and event["body"].endswith("}"):
                        return {"statusCode": 500, "body": '=HYPERLINK("http://example.com","full marks")'}
                    return inner()
                    """
                ),
            )
        ),
    ),
    Mistake(
        "retry-unhandled",
        "did not catch the retry demo's exception",
        {"retry-demo"},
        changed(
            edited(
                "error_handling_function.py",
                _around(
                    """
                    if operation == "retry_demo":
                        raise RuntimeError("Service timeout - retryable")
                    return inner()
                    """
                ),
            )
        ),
    ),
    Mistake(
        "timeout-demo-fails",
        "wrote a timeout demo that always fails",
        {"error-operations"},
        changed(
            edited(
                "error_handling_function.py",
                _around(
                    'return {"statusCode": 504, "body": "\\"no time\\""} if operation == "timeout_demo" else inner()'
                ),
            )
        ),
    ),
    Mistake(
        "too-few-connections",
        "shared five connections, so more than five concurrent invocations fail",
        {"optimized-under-load"},
        changed(edited("optimized_function.py", _around(_FIVE_AT_ONCE))),
    ),
    Mistake("five-megabytes", "answers with 5 MB", {"answers-dev"}, _only_latest('return {"body": "x" * 5_000_000}')),
    Mistake(
        "body-not-json",
        "returned text that is not JSON",
        {"answers-dev"},
        _only_latest('return {"statusCode": 200, "body": "{\'operation\': \'default\'}"}'),
    ),
    Mistake(
        "body-deeply-nested",
        "returned JSON that is 10,000 lists deep",
        {"answers-dev"},
        _only_latest('return {"statusCode": 200, "body": "[" * 10_000 + "]" * 10_000}'),
    ),
    Mistake(
        "body-not-a-number",
        "returned NaN, which is not JSON",
        {"answers-dev"},
        _only_latest('return {"statusCode": 200, "body": "{\\"ratio\\": NaN}"}'),
    ),
    Mistake(
        "no-status-code", "answers without a statusCode", {"answers-dev"}, _only_latest('return {"message": "done"}')
    ),
    Mistake(
        "one-operation-hangs",
        "wrote a memory operation of $LATEST that never returns",
        {"answers-dev"},
        _only_latest('time.sleep(600 if operation == "memory" else 0)\nreturn inner()'),
        slow=True,
    ),
    Mistake(
        "everything-hangs",
        "wrote an optimized function that never returns",
        BROKEN_EVERYWHERE,
        changed(edited("optimized_function.py", _around("time.sleep(600)\nreturn inner()"))),
        slow=True,
    ),
]

HALF_DONE = ("no-shared-layer", "default-only", "no-error-function", "no-dashboard")
"""The mistakes of a student who does about half of the lab."""
