"""The routes for instructors: start a run for a class, follow it, and read its results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, cast

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body

from labgrader.api import problems
from labgrader.api.models import FullReport, Gradebook, Progress, Run, RunRequestBody, RunStarted, RunStudent
from labgrader.api.parameters import FormatInQuery, IdempotencyKey, RunIdInPath, UsernameInPath
from labgrader.api.problems import ProblemError, bad_input
from labgrader.api.request_validation import INSTRUCTOR
from labgrader.api.resolver import Api, Services
from labgrader.api.response_size import fit_response
from labgrader.errors import Problem
from labgrader.reporting.exports import exports
from labgrader.runs.idempotent_start import NO_LAB, ClientTokenUsedError, known_lab, start_once
from labgrader.runs.request import new_run_id
from labgrader.runs.stored_gradebook import load_gradebook
from labgrader.store import Keys, MissingError, RunRecord, Store

JSON = "application/json"


def add_runs(api: Api, services: Services) -> None:
    """Register the routes that start a run, follow it, and return its results."""
    store = services.store

    @api.post(
        "/v1/runs",
        operation_id="startRun",
        tags=["Runs"],
        summary="Grade or audit a class",
        status_code=202,
        response_description="the run has started",
    )
    def start(body: Annotated[RunRequestBody, Body()], idempotency_key: IdempotencyKey = None) -> RunStarted:
        """Starts a run for a class. If you repeat a request with the same client token, you get the same run. A
        different request with the same client token is refused."""
        caller = api.caller(INSTRUCTOR)
        run_id = new_run_id(known_lab(body) or NO_LAB, services.now())
        machine, by = services.grade_class_arn, f"instructor {caller.subject}"
        document = _with_client_token(body, idempotency_key)
        try:
            started = start_once(
                store, services.states, machine, document, run_id, client=caller.subject, requested_by=by
            )
        except ClientTokenUsedError as used:
            url = run_url(used.run_id)
            raise ProblemError(problems.TOKEN_USED, str(used), run_id=used.run_id, status_url=url) from None
        run_id = started.run_id
        return RunStarted(run_id=run_id, status_url=run_url(run_id), gradebook_url=gradebook_url(run_id))

    @api.get(
        "/v1/runs/<run_id>",
        operation_id="getRun",
        tags=["Runs"],
        summary="Follow a run",
        response_description="the run's status and results so far",
    )
    def follow(run_id: RunIdInPath) -> Run:
        """Returns the status of a run, with the results of the students who are done."""
        api.caller(INSTRUCTOR)
        record = _run(store, run_id)
        results = store.results(run_id)
        return Run(
            run_id=run_id,
            lab=record.lab,
            mode=cast("Any", record.mode),  # the model refuses other modes than those of a class run
            status=record.status,
            started_at=record.started_at,
            finished_at=record.finished_at or None,
            course=record.course or "",
            requested_by=record.requested_by or "",
            private=store.is_private(run_id),
            error=record.error or None,
            progress=Progress(done=len(results), total=max(len(results), record.counts.students)),
            students=[_student(run_id, result) for result in results],
            gradebook_url=gradebook_url(run_id),
        )

    @api.get(
        "/v1/runs/<run_id>/gradebook",
        operation_id="getGradebook",
        tags=["Runs"],
        summary="Fetch the gradebook of a run",
        responses={200: {"description": "the gradebook", "content": _gradebook_content()}},
    )
    def gradebook(run_id: RunIdInPath, format: FormatInQuery = "csv") -> Response[str]:  # noqa: A002
        """Returns the points of every student and check after the run has ended. The default format is CSV that is
        safe to open in a spreadsheet. In the CSV, a check with the id of a fixed column, such as points, has the
        heading check:points."""
        api.caller(INSTRUCTOR)
        record = _run(store, run_id)
        book = load_gradebook(store, run_id)
        if book is None:
            said = f"run {run_id} failed and has no gradebook; it graded no student"
            if record.status == "running":
                said = f"run {run_id} is still running; its gradebook is available when it has ended"
            raise ProblemError(problems.NOT_FOUND, said)
        export = exports()[format]
        file = {"Content-Disposition": f'attachment; filename="gradebook-{run_id}{export.suffix}"'}
        return Response(
            status_code=200,
            content_type=export.content_type,
            body=export.render(book).decode("utf-8"),
            headers={} if export.media_type == JSON else file,
        )

    @api.get(
        "/v1/runs/<run_id>/students/<username>",
        operation_id="getStudentReport",
        tags=["Runs"],
        summary="Read one student's report",
        response_description="the report",
    )
    def read_report(run_id: RunIdInPath, username: UsernameInPath) -> FullReport:
        """Returns the full report of one student in one run, including hidden checks."""
        api.caller(INSTRUCTOR)
        _run(store, run_id)
        try:
            return fit_response(store.get_json(Keys(run_id).report(username)))
        except MissingError:
            said = f"run {run_id} has no report for {username}; a report is available when the student is graded"
            raise ProblemError(problems.NOT_FOUND, said) from None


def run_url(run_id: str) -> str:
    """Return the path of a run."""
    return f"/v1/runs/{run_id}"


def gradebook_url(run_id: str) -> str:
    """Return the path of a run's gradebook."""
    return f"/v1/runs/{run_id}/gradebook"


def _run(store: Store, run_id: str) -> RunRecord:
    record = store.run(run_id)
    if record is None or record.mode == "self-check":
        raise ProblemError(problems.NOT_FOUND, f"there is no run {run_id}")
    return record


def _student(run_id: str, result: Mapping[str, Any]) -> RunStudent:
    named = ("username", "student_id", "status", "points", "max_points", "open_points", "percent", "graded_at")
    url = f"/v1/runs/{run_id}/students/{result['username']}"
    return RunStudent(**{name: result[name] for name in named}, report_url=url)


def _with_client_token(body: Mapping[str, Any], in_header: str | None) -> Mapping[str, Any]:
    """Return the request's body with the client token of its header."""
    if in_header and body.get("client_token", in_header) != in_header:
        said = "differs from the header Idempotency-Key; send only one of them, or the same value in both"
        raise bad_input([Problem(said, field="client_token")])
    return {**body, "client_token": in_header} if in_header else body


def _gradebook_content() -> dict[str, Any]:
    """Return what the document says of each format: ``json`` has a model, other JSON is any, and the rest is text."""
    text, other_json = {"type": "string"}, {"type": ["array", "object"]}
    media_types = [export.media_type for export in exports().values()]
    content = {name: {"schema": other_json if name.endswith("+json") else text} for name in media_types}
    return {**content, JSON: {"model": Gradebook}}
