"""What a stack holds of labs and checks, compared with what lies here: nobody is graded by another lab than they see.

Deploying writes a digest of every lab into an output of the stack: it changes with the stack, comes back with it when
an update fails, and whoever may describe the stack may read it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from cli.deployment.bundles import layer_sources
from cli.errors import TargetError
from cli.output import console
from cli.target import real_target, running_target, stack_outputs
from labgrader.errors import BadInputError, Problem
from labgrader.judging.check import find_check
from labgrader.judging.lint import lint
from labgrader.labs.lab import find_lab, lab_ids
from labgrader.labs.search_path import added_files, check_files, lab_files
from labgrader.labs.suggestions import lab_not_found

OUTPUT = "DeployedLabs"
"""The stack's output: for each lab, by its id, the digest of the lab and the digest of the code that judges it."""

_DIGITS = 12


def deployable_problems() -> list[Problem]:
    """Everything that is wrong with the labs and the added checks: a lab that cannot be used ends every run of it."""
    problems = [problem for file in lab_files().values() for problem in lint(file)]
    for name, file in check_files().items():
        if not file.module:
            try:
                find_check(name)
            except BadInputError as error:
                problems += [problem for problem in error.problems if problem not in problems]
    return problems


def digests() -> dict[str, str]:
    """Return the digest of every lab here and of the code that judges it, by the lab's id.

    The code is the library and the built-in checks; for a lab that uses an added check, all added checks too. So a
    built-in lab has the same digest wherever no folder was added.

    Raises:
        BadInputError: a lab cannot be used.
    """
    sources = {
        inside: file
        for inside, file in layer_sources().items()
        if inside.startswith("python/") and not inside.startswith("python/checks/labs/")
    }
    added = {f"python/checks/{inside}" for inside in added_files()}
    ours = _digest_of_files({inside: file for inside, file in sources.items() if inside not in added})
    everything = _digest_of_files(sources)
    files = check_files()
    found = {}
    for lab_id in lab_ids():
        lab = find_lab(lab_id)
        uses_added = any(not files[item.check].module for item in (*lab.checks, *lab.advice) if item.check in files)
        document = json.dumps(lab.to_dict(), sort_keys=True).encode()
        found[lab_id] = f"{hashlib.sha256(document).hexdigest()[:_DIGITS]}.{everything if uses_added else ours}"
    return found


def held(outputs: Mapping[str, str]) -> dict[str, str] | None:
    """Return the digests of the labs that a stack holds, by id; ``None`` where the stack does not say."""
    if OUTPUT not in outputs:
        return None
    document: dict[str, str] = json.loads(outputs[OUTPUT])
    return document


def shown(outputs: Mapping[str, str]) -> dict[str, str]:
    """Return a stack's outputs for somebody to read: without the digests."""
    return {name: value for name, value in outputs.items() if name != OUTPUT}


def check_deployed(outputs: Mapping[str, str], labs: Sequence[str], options: str) -> None:
    """Refuse to start with a lab that is not deployed as it lies here.

    A lab that is deployed and does not lie here is graded as it is deployed.

    Args:
        outputs: the stack's.
        labs: ids of labs, each of which lies here or is deployed.
        options: those of the command that deploys, as ``options.chosen`` writes them.

    Raises:
        BadInputError: everything that differs, and the command that deploys it.
    """
    there, how = held(outputs), f"`labgrader deploy{options}`"
    if there is None:
        console.error(
            f"the stack does not say which labs it holds, so they are not compared with those here; {how} does"
        )
        return
    here = digests()
    problems: list[str] = []
    for lab_id in labs:
        if lab_id not in here:
            if lab_id not in there:
                problems.append(_no_such_lab(lab_id, {*here, *there}))
            else:
                console.error(f"{lab_id} is deployed, and not among the labs here: it is graded as it is deployed")
        elif lab_id not in there:
            problems.append(f"{lab_id} is not deployed: {how}")
        else:
            lab, _, code = here[lab_id].partition(".")
            lab_there, _, code_there = there[lab_id].partition(".")
            if lab != lab_there:
                problems.append(f"the deployed {lab_id} differs: {how}")
            elif code != code_there:
                problems.append(f"the deployed checks differ: {how}")
    if problems:
        raise BadInputError(list(dict.fromkeys(problems)))


def unknown_lab(lab_id: str, aws: bool, stack: str) -> list[Problem]:
    """Say that there is no such lab, neither here nor deployed; where no stack can be reached, only here counts.

    Args:
        lab_id: the lab.
        aws, stack: as the command was given them.

    Raises:
        BadInputError: the lab lies here and cannot be used.
    """
    if lab_id in lab_ids():
        find_lab(lab_id)
        return []
    known = known_labs(aws, stack)
    return [] if lab_id in known else [Problem(_no_such_lab(lab_id, known))]


def known_labs(aws: bool, stack: str) -> set[str]:
    """The ids of the labs here, and of those that are deployed; where no stack can be reached, of those here."""
    try:
        there = held(stack_outputs(real_target() if aws else running_target(), stack))
    except TargetError:  # the command itself says so, once what it was given is right
        there = None
    return {*lab_ids(), *(there or ())}


def no_longer_deployed(outputs: Mapping[str, str]) -> list[str]:
    """The labs that a stack holds and that deploying what lies here takes away."""
    return sorted(set(held(outputs) or ()) - set(lab_ids()))


def _no_such_lab(lab_id: str, known: Collection[str]) -> str:
    return lab_not_found(lab_id, repr(lab_id), sorted(known))


def _digest_of_files(files: Mapping[str, Path]) -> str:
    digest = hashlib.sha256()
    for inside, file in sorted(files.items()):
        digest.update(f"{inside} {hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()[:_DIGITS]
