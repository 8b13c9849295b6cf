"""The AWS side of a snapshot: asks what a lab's checks ask, each question once a run, and writes the answers down.

Nothing here knows what a check looks for. A student's checks are tried on what is recorded so far; the questions that
come out are asked; the checks are tried again, until none is open. A student is handed over when all is recorded.
"""

from __future__ import annotations

import heapq
import itertools
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import UTC, datetime
from typing import Generic, Protocol, TypeVar

from labgrader.evidence.question import LIVE_ACTIONS, Answer, Json, Question
from labgrader.evidence.snapshot import Snapshot
from labgrader.moments import isoformat_utc
from labgrader.recording.account_cache import AccountCache
from labgrader.recording.api_calls import ApiClient
from labgrader.recording.rate_limiter import RateLimiter
from labgrader.recording.resolver import QuestionResolver, Subject
from labgrader.recording.sessions import Accounts
from labgrader.rosters import Student

WORKERS = 16
"""Requests in flight: 15 a second at 50 ms each keep one busy, the rest waits for its turn or for a slow answer."""

MAX_QUESTIONS = 500
"""Questions about one student, so that a check which never ends its asking cannot hold up a class."""

SETTLE_WAIT_S = 3
"""Seconds before a function that is still being created or updated is looked at again."""

SETTLE_LOOKS = 5
"""Times that such a function is looked at before it is recorded as it is."""

FINISH_S = 60
"""Seconds after the deadline in which AWS is still asked about the students who were begun. What is open then is
answered without asking, so that a class which AWS throttles to the end is not lost with the function that records it;
only a request that is on its way is waited for (``READ_TIMEOUT_S``)."""

RECORDING_FAILED = Answer(
    error_code="RecordingFailed", error_message="labgrader failed while it recorded this student; see its log"
)

log = logging.getLogger(__name__)

Item = TypeVar("Item")
Item_co = TypeVar("Item_co", covariant=True)


class Asking(Protocol[Item_co]):
    """What a ``Lab`` must offer. (This package must not import ``judging``.)"""

    @property
    def checks(self) -> Sequence[Item_co]: ...

    @property
    def advice(self) -> Sequence[Item_co]: ...

    def for_student(self, username: str, account_id: str, region: str) -> Asking[Item_co]: ...


class Recorder:
    """Takes the snapshots of a class.

    Args:
        accounts: opens the students' accounts.
        rate_limiter: keeps below AWS's quotas; also our clock.
        facts: what is common to the class, from an earlier recorder or empty; filled as it is asked.
        workers: students who are recorded at the same time.
        now: the time of day in UTC.
    """

    def __init__(
        self,
        accounts: Accounts,
        *,
        rate_limiter: RateLimiter | None = None,
        facts: AccountCache | None = None,
        workers: int = WORKERS,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.facts = AccountCache() if facts is None else facts
        self._pacer = rate_limiter or RateLimiter()
        self._calls = ApiClient(self._pacer)
        accounts.on_call = self._calls.count
        self._resolver = QuestionResolver(accounts, self._calls, self.facts)
        self._workers = workers
        self._now = now

    @property
    def calls(self) -> Counter[str]:
        """The requests sent so far, by ``service:Operation``, those that were throttled included."""
        return Counter(self._calls.counted)

    @property
    def throttles(self) -> int:
        """How often AWS said that the requests were too many."""
        return self._calls.throttles

    def record_class(
        self,
        lab: Asking[Item],
        students: Iterable[Student],
        *,
        next_question: Callable[[Item, Snapshot], Question | None],
        deadline_s: float | None = None,
    ) -> Iterator[Snapshot]:
        """Record everything that a lab's checks and advice ask about each student.

        Args:
            lab: the lab, not yet made any student's.
            students: read one by one, as there is room for them.
            next_question: ``judging.judge.next_question``.
            deadline_s: seconds from now after which no further student is begun. Those that were begun are finished
                within ``FINISH_S``; who is missing from what is yielded can be recorded by the next invocation.

        Yields:
            The snapshots, each when it is complete, not in the order of the roster. An unexpected failure is logged
            with the student, and the open questions get ``RECORDING_FAILED``.
        """
        clock = self._pacer.clock
        ends = float("inf") if deadline_s is None else clock() + deadline_s
        self._calls.ends_at = ends + FINISH_S
        coming = iter(students)
        more = True
        busy: dict[Future[float | None], _Recording[Item]] = {}
        waiting: list[tuple[float, int, _Recording[Item]]] = []  # a heap: their functions are not ready yet
        tie = itertools.count()
        with ThreadPoolExecutor(self._workers, thread_name_prefix="recorder") as pool:
            while True:
                while waiting and waiting[0][0] <= clock() and len(busy) < self._workers:
                    recording = heapq.heappop(waiting)[2]
                    busy[pool.submit(recording.go_on)] = recording
                while more and len(busy) < self._workers:
                    student = next(coming, None) if clock() < ends else None
                    if student is None:
                        more = False
                    else:
                        ends_at = self._calls.ends_at
                        recording = _Recording(lab, student, next_question, self._resolver, clock, self._now, ends_at)
                        busy[pool.submit(recording.go_on)] = recording
                if not busy and not waiting:
                    return
                room = waiting and len(busy) < self._workers
                pause = max(0.0, waiting[0][0] - clock()) if room else None
                if not busy:
                    self._pacer.sleep(pause or 0.0)
                    continue
                for future in wait(busy, timeout=pause, return_when=FIRST_COMPLETED).done:
                    recording = busy.pop(future)
                    look_again_at = None
                    try:
                        look_again_at = future.result()
                    except Exception:  # a fault of ours about one student must not end the class; the log tells of it
                        log.exception("%s: the recording failed", recording.snapshot.username)
                        recording.give_up()
                    if look_again_at is None:
                        yield recording.snapshot
                    else:
                        heapq.heappush(waiting, (look_again_at, next(tie), recording))


class _Recording(Generic[Item]):
    """One student while being recorded."""

    def __init__(
        self,
        lab: Asking[Item],
        student: Student,
        next_question: Callable[[Item, Snapshot], Question | None],
        answering: QuestionResolver,
        clock: Callable[[], float],
        now: Callable[[], datetime],
        ends_at: float,
    ) -> None:
        self.snapshot = Snapshot(student.username, student.account_id, student.region)
        self._lab = lab
        self._student = student
        self._open_question = next_question
        self._resolver = answering
        self._clock = clock
        self._now = now
        self._ends_at = ends_at
        self._subject: Subject | None = None
        self._items: list[Item] = []
        self._asked = 0
        self._looks: Counter[str] = Counter()

    def go_on(self) -> float | None:
        """Ask until no question is open.

        Returns:
            ``None`` when the snapshot is complete, else when to go on: a function is still being created or updated.
        """
        subject = self._subject or self._begin()
        resting: set[str] = set()  # looked at just now, and not ready
        while self._asked < MAX_QUESTIONS:
            every = self._questions()
            questions = [question for key, question in every.items() if key not in resting]
            if not questions and resting:
                return self._clock() + SETTLE_WAIT_S
            if not questions:
                break
            for question in questions:
                self._asked += 1
                answer = self._resolver.answer(subject, question)
                if self._is_settled(question, answer):
                    self.snapshot.answers.record(question, answer)
                else:
                    resting.add(question.key)
        else:
            log.warning("%s: the checks ask more than %d questions", self._student.username, MAX_QUESTIONS)
        self._stamp()
        return None

    def give_up(self) -> None:
        """Answer what is open with ``RECORDING_FAILED``, so that what asks it is not graded."""
        if self._subject is None:
            try:
                self._ask_for(self.snapshot.account_id, self.snapshot.region)
            except Exception:  # then nothing is recorded, and judging says so of every check
                log.exception("%s: the lab could not be made this student's", self._student.username)
        while self._asked < MAX_QUESTIONS and (questions := self._questions()):
            for question in questions.values():
                self._asked += 1
                self.snapshot.answers.record(question, RECORDING_FAILED)
        self._stamp()

    def _stamp(self) -> None:
        self.snapshot.taken_at = isoformat_utc(self._now())

    def _begin(self) -> Subject:
        subject = self._resolver.open(self._student)
        self.snapshot.account_id, self.snapshot.region = subject.account_id, subject.region
        self._ask_for(subject.account_id, subject.region)
        self._subject = subject
        return subject

    def _ask_for(self, account_id: str, region: str) -> None:
        mine = self._lab.for_student(self._student.username, account_id, region)
        self._items = [*mine.checks, *mine.advice]

    def _questions(self) -> dict[str, Question]:
        """Return the next questions of the checks, each question once.

        A check that has no open question, or asks what is asked live, will not ask another one here: answers are only
        added, never changed.
        """
        found: dict[str, Question] = {}
        asking: list[Item] = []
        for item in self._items:
            try:
                question = self._open_question(item, self.snapshot)
                key = question.key if question else ""  # fails where an argument is not JSON
            except Exception:  # a check with a fault must not end the class, and it will say so again when it is judged
                log.exception("%s: a check failed while its questions were collected", self._student.username)
                continue
            if question is not None and question.action not in LIVE_ACTIONS:
                found[key] = question
                asking.append(item)
        self._items = asking
        return found

    def _is_settled(self, question: Question, answer: Answer) -> bool:
        """Return whether an answer can be recorded, or the function must be looked at again in a moment."""
        if question.action != "lambda:GetFunction" or not isinstance(answer.value, Mapping):
            return True
        configuration: Mapping[str, Json] = answer.value.get("Configuration") or {}
        if configuration.get("State") != "Pending" and configuration.get("LastUpdateStatus") != "InProgress":
            return True
        self._looks[question.key] += 1
        late = self._clock() + SETTLE_WAIT_S > self._ends_at
        return late or self._looks[question.key] >= SETTLE_LOOKS
