"""What operating the stack needs: logs that end, queues behind what can be lost, alarms that are explained."""

from __future__ import annotations

import json
import re

import pytest

from tests.infra.template_reading import FUNCTIONS, MACHINES, RESOURCES, ROOT, of_type, template

ALARMS = of_type("AWS::CloudWatch::Alarm")
RUNBOOK = (ROOT / "docs" / "operate.md").read_text()


def name_of(alarm: str) -> str:
    return str(ALARMS[alarm]["AlarmName"]).removeprefix("${AWS::StackName}-")


@pytest.mark.parametrize("group", of_type("AWS::Logs::LogGroup"))
def test_every_log_group_forgets(group: str) -> None:
    assert RESOURCES[group]["Properties"]["RetentionInDays"] == "LogRetentionDays"
    assert RESOURCES[group]["DeletionPolicy"] == "Delete"


def test_everything_that_logs_has_one_of_those_groups() -> None:
    assert template()["Globals"]["Function"]["LoggingConfig"] == {
        "LogFormat": "JSON",
        "LogGroup": "LogGroup",
        "ApplicationLogLevel": ["LogLevels", "LogLevel", "Lambda"],
        "SystemLogLevel": "INFO",
    }
    assert not [name for name, properties in FUNCTIONS.items() if "LoggingConfig" in properties]
    for machine in MACHINES:
        logging = RESOURCES[machine]["Properties"]["Logging"]
        assert (logging["Level"], logging["IncludeExecutionData"]) == ("ERROR", False)
        (destination,) = logging["Destinations"]
        assert destination["CloudWatchLogsLogGroup"]["LogGroupArn"] == "MachineLogGroup.Arn"
    assert RESOURCES["MachineLogGroup"]["Properties"]["LogGroupName"].startswith("/aws/vendedlogs/")


def test_machines_and_functions_are_traced() -> None:
    assert template()["Globals"]["Function"]["Tracing"] == "Active"
    for machine in MACHINES:
        assert RESOURCES[machine]["Properties"]["Tracing"] == {"Enabled": True}


@pytest.mark.parametrize("rule", of_type("AWS::Events::Rule"))
def test_what_a_rule_cannot_deliver_waits_in_the_queue(rule: str) -> None:
    for target in RESOURCES[rule]["Properties"]["Targets"]:
        assert target["DeadLetterConfig"] == {"Arn": "DeadLetters.Arn"}
        assert target["RetryPolicy"]["MaximumRetryAttempts"] > 0
        function = target["Arn"].removesuffix(".Arn")
        failed = FUNCTIONS[function]["EventInvokeConfig"]["DestinationConfig"]["OnFailure"]
        assert failed == {"Type": "SQS", "Destination": "DeadLetters.Arn"}
        (permission,) = [
            permission
            for permission in of_type("AWS::Lambda::Permission").values()
            if permission["SourceArn"] == f"{rule}.Arn"
        ]
        assert (permission["FunctionName"], permission["Principal"]) == (function, "events.amazonaws.com")


def test_only_rules_of_this_stack_may_fill_the_queue() -> None:
    (statement,) = RESOURCES["DeadLettersPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    arns = statement["Condition"]["ArnLike"]["aws:SourceArn"]
    assert [arn.rpartition(":rule/")[2] for arn in arns] == ["${AWS::StackName}-*", "${AWS::StackName}/*"]
    for rule in of_type("AWS::Events::Rule").values():
        assert rule["Name"].startswith("${AWS::StackName}-")
    assert RESOURCES["DeadLetters"]["Properties"]["MessageRetentionPeriod"] == 14 * 24 * 60 * 60


def test_the_bucket_is_not_read_or_written_unencrypted() -> None:
    policy = RESOURCES["BucketPolicy"]
    (denied,) = policy["Properties"]["PolicyDocument"]["Statement"]
    assert (denied["Effect"], denied["Principal"], denied["Action"]) == ("Deny", "*", "s3:*")
    assert denied["Resource"] == ["Bucket.Arn", "${Bucket.Arn}/*"]
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert (policy["Condition"], policy["DeletionPolicy"]) == ("RefusePlainHttp", "RetainExceptOnCreate")
    assert template()["Parameters"]["PlainHttp"]["Default"] == "refuse"


def test_what_is_kept_and_waits_is_encrypted() -> None:
    assert RESOURCES["DeadLetters"]["Properties"]["SqsManagedSseEnabled"] is True
    assert RESOURCES["DigestTopic"]["Properties"]["KmsMasterKeyId"] == "alias/aws/sns"
    assert RESOURCES["Table"]["Properties"]["SSESpecification"] == {"SSEEnabled": True}
    assert of_type("AWS::S3::Bucket")["Bucket"]["BucketEncryption"]


def test_a_run_is_recorded_as_failed_if_its_state_machine_could_not_record_that() -> None:
    rule = RESOURCES["RunStoppedRule"]["Properties"]
    assert rule["EventPattern"]["detail"] == {
        "status": ["FAILED", "TIMED_OUT", "ABORTED"],
        "stateMachineArn": ["GradeClass", "GradeStudent"],
    }
    template_text = rule["Targets"][0]["InputTransformer"]["InputTemplate"]
    event = json.loads(re.sub(r"<\w+>", '"x"', template_text))
    assert event == {
        "run_id": "x",
        "started_at": "x",
        "error": {"Error": "x", "Cause": "the workflow ended before it could finish"},
    }


@pytest.mark.parametrize("alarm", ALARMS)
def test_an_alarm_has_a_topic_and_a_section_of_the_runbook(alarm: str) -> None:
    properties = ALARMS[alarm]
    assert properties["AlarmActions"] == ["AlarmTopic"]
    assert properties["TreatMissingData"] == "notBreaching"
    assert properties["AlarmDescription"].endswith(f"See docs/operate.md, {name_of(alarm)}.")
    assert f"\n### {name_of(alarm)}\n" in RUNBOOK


def test_the_runbook_explains_only_alarms_that_exist() -> None:
    _, _, rest = RUNBOOK.partition("\n## Alarms\n")
    section, _, _ = rest.partition("\n## ")
    explained = set(re.findall(r"^### (.+)$", section, re.MULTILINE))
    assert explained == {name_of(alarm) for alarm in ALARMS} | {"night-missed-COURSE"}


def test_the_dashboard_shows_every_alarm_and_what_is_measured() -> None:
    body = json.loads(RESOURCES["Dashboard"]["Properties"]["DashboardBody"])
    first, *graphs = body["widgets"]
    shown = [arn.rpartition(":alarm:")[2].removeprefix("${AWS::StackName}-") for arn in first["properties"]["alarms"]]
    assert shown == [name_of(alarm) for alarm in ALARMS]
    metrics = [metric for graph in graphs for metric in graph["properties"]["metrics"]]
    ours = {metric[1] for metric in metrics if metric[0] == "labgrader"}
    assert ours == {
        "RunsCompleted",
        "RunsFailed",
        "StudentsGraded",
        "StudentsNotGraded",
        "ChecksNotGraded",
        "CallsToStudentAccounts",
        "ThrottlesMet",
        "RunDuration",
        "EventsLost",
        "${AWS::StackName}-logged-errors",
    }
    functions = {metric[3] for metric in metrics if metric[:2] == ["AWS/Lambda", "Duration"]}
    assert functions == {
        properties["FunctionName"] for name, properties in FUNCTIONS.items() if name != "AuthorizeFunction"
    }


def emitted() -> set[tuple[str, str]]:
    """Every metric of ours in the source, with the service that it is counted under."""
    found: set[tuple[str, str]] = set()
    files = {file.parent.name: file for file in (ROOT / "functions").glob("*/app.py")}
    files["events"] = ROOT / "layers/labgrader/python/labgrader/events.py"
    for owner, file in files.items():
        source = file.read_text()
        names = set(re.findall(r'add_metric\(\s*"(\w+)"', source)) | set(re.findall(r'"(Runs\w+|Students\w+)"', source))
        names |= set(re.findall(r'single_metric\(name="(\w+)"', source))
        services = set(re.findall(r'add_dimension\("service", "(\w+)"\)', source))
        services |= set(re.findall(r'Metrics\(namespace="labgrader", service="(\w+)"\)', source))
        assert services == ({owner} if names else set()), f"{file} counts under its own name"
        found |= {(name, owner) for name in names}
    return found


def test_what_is_shown_and_watched_is_really_emitted() -> None:
    watched = {
        (properties["MetricName"], properties["Dimensions"][0]["Value"])
        for properties in ALARMS.values()
        if properties["Namespace"] == "labgrader" and "Dimensions" in properties
    }
    body = json.loads(RESOURCES["Dashboard"]["Properties"]["DashboardBody"])
    graphs = [widget["properties"].get("metrics", ()) for widget in body["widgets"]]
    shown = {
        (metric[1], metric[3]) for graph in graphs for metric in graph if metric[0] == "labgrader" and len(metric) > 3
    }
    assert {("RunsFailed", "summarise_run"), ("RunsFailed", "start_run")} <= watched & shown
    assert watched | shown <= emitted()


def test_alarms_and_the_digest_can_be_mailed() -> None:
    for name, topic in (("AlarmsByEmail", "AlarmTopic"), ("DigestByEmail", "DigestTopic")):
        assert RESOURCES[name]["Condition"] == "Notify"
        assert RESOURCES[name]["Properties"] == {"TopicArn": topic, "Protocol": "email", "Endpoint": "NotifyEmail"}
    assert "KmsMasterKeyId" not in RESOURCES["AlarmTopic"].get("Properties", {})


def test_the_outputs_that_the_command_needs_are_there() -> None:
    assert set(template()["Outputs"]) == {
        "Bucket",
        "Table",
        "GradeClassArn",
        "GradeStudentArn",
        "AuditCourseArn",
        "ApiUrl",
        "TokenKeyArn",
        "EventBusName",
        "ScheduleGroup",
        "ScheduleRoleArn",
        "DeadLettersArn",
        "DeadLettersUrl",
        "AlarmTopicArn",
        "DigestTopicArn",
        "DashboardName",
    }


@pytest.mark.parametrize("folder", sorted(file.parent.name for file in (ROOT / "functions").glob("*/app.py")))
def test_every_function_logs_under_its_name_with_what_it_is_about(folder: str) -> None:
    source = (ROOT / "functions" / folder / "app.py").read_text()
    assert f'function_logger("{folder}")' in source
    assert "clear_state=True" in source
    assert "append_keys(" in source or folder == "authorize"  # who the bearer is, it says in its one line
    assert "log_event=True" not in source
