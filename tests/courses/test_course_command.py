"""`labgrader course`: push, list, show and remove a course, with its schedule and its alarm."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

from labgrader.store import CourseKeys, Store
from tests.courses.conftest import OUTPUTS, QUEUE, Output, deploy
from tests.courses.course_folder import COURSE, FIRST, make_folder

Run = Callable[..., Output]


def schedules() -> list[str]:
    return [
        schedule["Name"] for schedule in boto3.client("scheduler").list_schedules(GroupName="labgrader")["Schedules"]
    ]


def schedule() -> dict[str, Any]:
    return dict(boto3.client("scheduler").get_schedule(Name="labgrader-serverless-2026", GroupName="labgrader"))


def alarms() -> list[dict[str, Any]]:
    return [dict(alarm) for alarm in boto3.client("cloudwatch").describe_alarms()["MetricAlarms"]]


def points() -> int:
    """Return how often a successful audit was counted."""
    cloudwatch: Any = boto3.client("cloudwatch")  # botocore also accepts seconds; the stubs do not
    answer = cloudwatch.get_metric_statistics(
        Namespace="labgrader",
        MetricName="NightsAudited",
        Dimensions=[{"Name": "Course", "Value": "serverless-2026"}, {"Name": "service", "Value": "send_digest"}],
        StartTime=0,
        EndTime=4_000_000_000,
        Period=60 * 60 * 24 * 365 * 100,
        Statistics=["SampleCount"],
    )
    return int(sum(point["SampleCount"] for point in answer["Datapoints"]))


def push(run: Run, folder: Path, old: str = "", new: str = "", **rosters: str) -> Output:
    assert old in COURSE
    return run("course", "push", make_folder(folder, COURSE.replace(old, new, 1), **rosters), "--aws")


def test_pushed_course_is_stored_scheduled_and_has_an_alarm(stack: Store, run: Run, tmp_path: Path) -> None:
    said = push(run, tmp_path)
    assert said.status == 0
    assert said.lines == [
        "serverless-2026: 3 students, lambda-optimization, performance-scaling",
        "audit: every night at 22:30 Europe/Berlin",
    ]
    assert said.errors == ["audit it now with `labgrader audit --course serverless-2026 --aws`"]
    made = schedule()
    assert made["ScheduleExpression"] == "cron(30 22 * * ? *)"
    assert made["ScheduleExpressionTimezone"] == "Europe/Berlin"
    assert made["FlexibleTimeWindow"] == {"Mode": "OFF"}
    assert made["State"] == "ENABLED"
    target = made["Target"]
    assert target["Arn"] == OUTPUTS["AuditCourseArn"]
    assert target["RoleArn"] == OUTPUTS["ScheduleRoleArn"]
    assert json.loads(target["Input"]) == {"course": "serverless-2026", "scheduled": True}
    assert target["DeadLetterConfig"] == {"Arn": QUEUE}
    assert target["RetryPolicy"] == {"MaximumEventAgeInSeconds": 7200, "MaximumRetryAttempts": 20}
    (alarm,) = alarms()
    assert alarm["AlarmName"] == "labgrader-night-missed-serverless-2026"
    assert (alarm["Namespace"], alarm["MetricName"]) == ("labgrader", "NightsAudited")
    assert {dimension["Name"]: dimension["Value"] for dimension in alarm["Dimensions"]} == {
        "Course": "serverless-2026",
        "service": "send_digest",
    }
    assert (alarm["Period"], alarm["EvaluationPeriods"], alarm["Threshold"]) == (3600, 26, 1)
    assert (alarm["ComparisonOperator"], alarm["TreatMissingData"]) == ("LessThanThreshold", "breaching")
    assert alarm["AlarmActions"] == [OUTPUTS["AlarmTopicArn"]]
    assert "`labgrader course show serverless-2026 --aws`" in alarm["AlarmDescription"]
    assert points() == 1, "the alarm must not start in the state ALARM"


def test_a_course_with_published_results_says_so(stack: Store, run: Run, tmp_path: Path) -> None:
    said = push(run, tmp_path, "labs:", "results: published\nlabs:")
    when = "students see the results of a run when it is published (`labgrader runs publish`)"
    assert said.lines[-1] == when
    assert (stack.course("serverless-2026") or {})["results"] == "published"
    assert f"results   {when}" in run("course", "show", "serverless-2026", "--aws").lines


def test_second_push_with_another_audit_time_moves_the_schedule(stack: Store, run: Run, tmp_path: Path) -> None:
    push(run, tmp_path)
    assert push(run, tmp_path, "22:30", "04:05").status == 0
    assert schedules() == ["labgrader-serverless-2026"]
    assert schedule()["ScheduleExpression"] == "cron(5 4 * * ? *)"
    assert len(alarms()) == 1
    assert points() == 2, "the 26 hours start now: the next audit may be later than 26 hours after the last one"


def test_second_push_with_the_same_audit_time_does_not_hide_a_missed_audit(
    stack: Store, run: Run, tmp_path: Path
) -> None:
    push(run, tmp_path)
    push(run, tmp_path, first=FIRST.replace("user1", "user4"))
    assert points() == 1
    assert stack.enrolments("user1") == []


def test_course_without_an_audit_time_has_no_schedule_and_no_alarm(stack: Store, run: Run, tmp_path: Path) -> None:
    push(run, tmp_path)
    said = push(run, tmp_path, "audit_time: 22:30\n", "")
    assert said.lines[1] == "audit: on demand only: the course file has no audit_time"
    assert (schedules(), alarms()) == ([], [])
    assert run("course", "show", "serverless-2026", "--aws").status == 0


def test_push_warns_of_an_audit_time_that_the_clock_jumps_over(stack: Store, run: Run, tmp_path: Path) -> None:
    said = push(run, tmp_path, "22:30", "02:30")
    assert said.status == 0
    (line,) = [line for line in said.errors if line.startswith("warning: there is no audit on 20")]
    assert line.endswith(": the clock skips 02:30 on that day. Another audit_time avoids this.")


def test_course_list_and_course_show_print_the_courses(stack: Store, run: Run, tmp_path: Path) -> None:
    push(run, tmp_path)
    listing = run("course", "list", "--aws")
    assert listing.lines[0].split() == ["course", "title", "labs", "students", "nightly", "audit", "pushed"]
    when = r"\d{4}-\d\d-\d\d \d\d:\d\d Europe/Berlin"
    row = rf"serverless-2026  Serverless 2026     2         3  22:30 Europe/Berlin  {when}"
    assert re.fullmatch(row, listing.lines[1])
    shown = run("course", "show", "serverless-2026", "--aws")
    assert shown.lines[:4] == [
        "course    serverless-2026",
        "title     Serverless 2026",
        "students  3",
        "audit     every night at 22:30 Europe/Berlin",
    ]
    assert re.fullmatch(rf"pushed    {when}", shown.lines[4])
    assert shown.lines[6:] == [
        "lab                  class list  students  due",
        "lambda-optimization  first.csv          2  2026-12-01 23:59 Europe/Berlin",
        "performance-scaling  second.csv         2  no date",
    ]
    document = json.loads(run("course", "show", "serverless-2026", "--aws", "--json").out)
    assert document["schedule"] == {
        "expression": "cron(30 22 * * ? *)",
        "time_zone": "Europe/Berlin",
        "state": "ENABLED",
    }
    assert [course["course"] for course in json.loads(run("course", "list", "--aws", "--json").out)] == [
        "serverless-2026"
    ]


def test_course_show_reports_a_deleted_schedule(stack: Store, run: Run, tmp_path: Path) -> None:
    push(run, tmp_path)
    boto3.client("scheduler").delete_schedule(Name="labgrader-serverless-2026", GroupName="labgrader")
    shown = run("course", "show", "serverless-2026", "--aws")
    assert ("audit     the schedule is missing; create it again with `labgrader course push FILE`") in shown.lines
    push(run, tmp_path)
    assert schedules() == ["labgrader-serverless-2026"]


def test_course_show_prints_the_results_of_the_audits(stack: Store, run: Run, tmp_path: Path) -> None:
    push(run, tmp_path)
    begun = {"scheduled": True, "started_at": "2026-11-20T21:30:00Z", "runs": ["r1"]}
    stack.claim_audit("serverless-2026", "2026-11-20-2230", "e1", begun)
    stack.claim_audit("serverless-2026", "2026-11-21-2230", "e2", {**begun, "started_at": "2026-11-21T21:30:00Z"})
    digest = {"status": "complete", "counts": {"drifted": 2, "gone": 1, "incomplete": 0}, "usd_per_day": 0.72}
    stack.put_json(CourseKeys("serverless-2026").digest("2026-11-20-2230"), digest)
    stack.claim_audit("serverless-2026", "2026-11-19-2230", "e0", {**begun, "started_at": "2026-11-19T21:30:00Z"})
    stack.put_json(
        CourseKeys("serverless-2026").digest("2026-11-19-2230"),
        {**digest, "counts": {"drifted": 0, "gone": 0, "incomplete": 2}},
    )
    shown = run("course", "show", "serverless-2026", "--aws")
    assert shown.lines[-4:] == [
        "audit            started by  status                          drifted  gone  USD a day",
        "2026-11-21-2230  schedule    no digest",
        "2026-11-20-2230  schedule    complete                              2     1       0.72",
        "2026-11-19-2230  schedule    complete, 2 not graded in full        0     0       0.72",
    ]
    audits = json.loads(run("course", "show", "serverless-2026", "--aws", "--json").out)["nights"]
    assert [(audit["status"], audit["incomplete"]) for audit in audits] == [
        ("no digest", ""),
        ("complete", 0),
        ("complete", 2),
    ]


def test_removed_course_has_no_schedule_no_alarm_and_no_enrolled_students(
    stack: Store, run: Run, tmp_path: Path
) -> None:
    push(run, tmp_path)
    said = run("course", "remove", "serverless-2026", "--aws")
    assert (said.status, said.lines) == (0, ["removed serverless-2026: 3 students are no longer enrolled"])
    assert (schedules(), alarms(), stack.courses(), stack.enrolments("user2")) == ([], [], [], [])
    for command in ("remove", "show"):
        again = run("course", command, "serverless-2026", "--aws")
        assert (again.status, again.out) == (2, "")
        assert again.errors == [
            "error: there is no course serverless-2026; list them with `labgrader course list`",
        ]


@pytest.mark.parametrize("as_json", [[], ["--json"]])
def test_course_commands_print_no_external_ids_and_no_addresses(
    stack: Store, run: Run, tmp_path: Path, as_json: list[str]
) -> None:
    file = make_folder(tmp_path)
    printed = [
        run("course", "push", file, "--aws", *as_json),
        run("course", "list", "--aws", *as_json),
        run("course", "show", "serverless-2026", "--aws", *as_json),
        run("course", "remove", "serverless-2026", "--aws"),
    ]
    for said in printed:
        assert said.status == 0
        assert "a-secret-of" not in said.out + "".join(said.errors)
        assert "Ada" not in said.out


def test_push_refuses_an_invalid_file_before_it_connects_to_aws(run: Run, tmp_path: Path) -> None:
    said = push(run, tmp_path, "22:30", "25:00", second="username\nuser1\nuser1\n")
    assert (said.status, said.out) == (2, "")
    assert said.errors == [
        f"error: {tmp_path}/course.yaml:4: audit_time: 25:00 is not a time of day, HH:MM from 00:00 to 23:59",
        f"error: {tmp_path}/second.csv:3: username: user1 is already on row 2",
    ]


def test_push_reports_a_missing_file(run: Run, tmp_path: Path) -> None:
    said = run("course", "push", tmp_path / "none.yaml")
    assert (said.status, said.errors) == (2, [f"error: {tmp_path}/none.yaml: No such file or directory"])


def test_push_requires_a_role_for_other_accounts_in_all_class_lists(stack: Store, run: Run, tmp_path: Path) -> None:
    said = push(
        run,
        tmp_path,
        first="username,account_id\nuser1,999999999999\n",
        second="username,account_id\nuser3,999999999999\n",
    )
    assert said.status == 2
    why = "and no role_arn; labgrader runs in 123456789012 and needs a role to read another account"
    assert said.errors == [
        f"error: {tmp_path}/{name}.csv: {user} has account 999999999999 {why} (see infra/student_account.yaml)"
        for name, user in (("first", "user1"), ("second", "user3"))
    ]
    assert stack.courses() == []


def test_push_to_an_older_stack_says_to_deploy_again(store: Store, run: Run, tmp_path: Path) -> None:
    deploy({name: OUTPUTS[name] for name in ("Bucket", "Table", "GradeClassArn", "AlarmTopicArn")})
    said = push(run, tmp_path)
    assert said.status == 3
    assert said.errors == [
        "error: the stack labgrader has no output AuditCourseArn, DeadLettersArn, ScheduleGroup, ScheduleRoleArn; "
        "deploy it again with `labgrader deploy --aws`"
    ]


def test_push_refuses_a_stack_name_that_is_too_long_for_a_schedule(run: Run, tmp_path: Path) -> None:
    file = make_folder(tmp_path, COURSE.replace("serverless-2026", "a" * 40))
    said = run("course", "push", file, "--aws", "--stack", "s" * 24)
    assert (said.status, said.errors) == (
        2,
        [
            f"error: the name of the schedule, {'s' * 24}-{'a' * 40}, has 65 characters, and 64 is the maximum; choose "
            "a shorter id for the course"
        ],
    )


@pytest.mark.parametrize("command", [["course"], ["course", "show"], ["course", "push"], ["audit"]])
def test_wrong_usage_exits_with_status_2(run: Run, command: list[str]) -> None:
    assert run(*command).status == 2


@pytest.mark.parametrize(
    "command", [["audit"], *(["course", name] for name in ("push", "list", "show", "remove"))], ids=" ".join
)
def test_every_command_has_help_with_an_example(run: Run, command: list[str]) -> None:
    said = run(*command, "--help")
    assert said.status == 0
    assert "Example: labgrader" in said.out
