"""What is common to a class: the lists of an account, asked once, and what each student owns of them."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from labgrader.evidence.naming import owns
from labgrader.evidence.question import Json
from labgrader.rosters import MAX_USERNAME

EVERYWHERE = "global"
"""What stands for the Region of what is the same in all of them: roles, the list of buckets."""

_PREFIX_END = re.compile(r"(?<=.)(?![a-z0-9])", re.IGNORECASE | re.DOTALL)


class NamesByPrefix:
    """An index that finds a student's names by their prefix.

    A name is filed under each beginning of it that may be a username: what ends before a character that is neither
    letter nor digit. ``user1-my-f`` lies under ``user1``, ``user1-my`` and ``user1-my-f``.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._names: dict[str, list[str]] = {}
        for name in names:
            # no username is longer, and a name of a thousand hyphens must not be filed a thousand times
            for end in _PREFIX_END.finditer(name, 0, MAX_USERNAME + 1):
                self._names.setdefault(name[: end.start()].lower(), []).append(name)

    def owned(self, username: str) -> list[str]:
        """Return the names of one student, in order."""
        return sorted(name for name in self._names.get(username.lower(), ()) if owns(username, name))


@dataclass
class AccountFacts:
    """The answers of one account and Region that serve all of its students.

    Args:
        lists: by action: the names of functions and dashboards, or the entries of a list by their name.
        answers: by question: the answer about a role or a policy; ``None`` if it does not exist.
        lists_provisioned_concurrency: whether the endpoint offers ListProvisionedConcurrencyConfigs; ``None`` until it
            was tried.
    """

    lists: dict[str, Json] = field(default_factory=dict)
    answers: dict[str, Json] = field(default_factory=dict)
    lists_provisioned_concurrency: bool | None = None
    _indexes: dict[str, NamesByPrefix] = field(default_factory=dict, repr=False, compare=False)
    _turns: dict[str, threading.Lock] = field(default_factory=dict, repr=False, compare=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def turn(self, question: str) -> threading.Lock:
        """Return the lock under which one thread asks a shared question while the others wait for the answer."""
        with self._lock:
            return self._turns.setdefault(question, threading.Lock())

    def owned(self, action: str, username: str) -> Json:
        """Return a student's part of a list that was asked: names, or entries by name."""
        with self._lock:
            everything = self.lists[action]
            if action not in self._indexes:
                self._indexes[action] = NamesByPrefix(everything)
            names = self._indexes[action].owned(username)
        return {name: everything[name] for name in names} if isinstance(everything, Mapping) else names

    def to_dict(self) -> dict[str, Json]:
        """Return the facts as JSON."""
        return {
            "lists": dict(self.lists),
            "answers": dict(self.answers),
            "lists_provisioned_concurrency": self.lists_provisioned_concurrency,
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Json]) -> AccountFacts:
        """Read what ``to_dict`` wrote."""
        answers = dict(document.get("answers") or {})  # facts of an earlier release have none
        return cls(dict(document["lists"]), answers, document["lists_provisioned_concurrency"])


class AccountCache:
    """The facts of every account and Region of a class. Only answers are kept: a refused list is asked again."""

    def __init__(self) -> None:
        self._accounts: dict[tuple[str, str], AccountFacts] = {}
        self._lock = threading.Lock()

    def of(self, account_id: str, region: str) -> AccountFacts:
        """Return the facts of one account and Region, which are empty until something is asked there."""
        with self._lock:
            return self._accounts.setdefault((account_id, region), AccountFacts())

    def to_dict(self) -> dict[str, Json]:
        """Return the facts as JSON, so that a second invocation goes on with the next students without asking again."""
        with self._lock:
            return {
                f"{account} {region}": facts.to_dict() for (account, region), facts in sorted(self._accounts.items())
            }

    @classmethod
    def from_dict(cls, document: Mapping[str, Json]) -> AccountCache:
        """Read what ``to_dict`` wrote."""
        made = cls()
        for key, facts in document.items():
            account, _, region = key.partition(" ")
            made._accounts[account, region] = AccountFacts.from_dict(facts)
        return made
