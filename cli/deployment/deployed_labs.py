"""Compare the labs and checks of a stack with those of this machine, so that no class is graded with another version.

A deployment writes a digest of every lab into an output of the stack. The output changes with the stack, and a failed
update restores it. Reading it needs only the permission to describe the stack.
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
"""The output of the stack: by the id of each lab, the digest of the lab and the digest of the code that judges it."""

_DIGITS = 12


def deployable_problems() -> list[Problem]:
    """Return all problems of the labs and the added checks. A lab with problems would end each of its runs."""
    problems = [problem for file in lab_files().values() for problem in lint(file)]
    for name, file in check_files().items():
        if not file.module:
            try:
                find_check(name)
            except BadInputError as error:
                problems += [problem for problem in error.problems if problem not in problems]
    return problems


def digests() -> dict[str, str]:
    """Return the digest of every lab on this machine and of the code that judges it, by the lab's id.

    The code is the library and the built-in checks. It includes the added checks only for labs that use one, so added
    folders do not change the digests of the built-in labs.

    Raises:
        BadInputError: a lab is invalid.
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


def deployed_digests(outputs: Mapping[str, str]) -> dict[str, str] | None:
    """Return the digests of the deployed labs by id, or ``None`` if the stack has no such output."""
    if OUTPUT not in outputs:
        return None
    document: dict[str, str] = json.loads(outputs[OUTPUT])
    return document


def shown(outputs: Mapping[str, str]) -> dict[str, str]:
    """Return the outputs of a stack to print: without the digests."""
    return {name: value for name, value in outputs.items() if name != OUTPUT}


def check_deployed(outputs: Mapping[str, str], labs: Sequence[str], options: str) -> None:
    """Check that each lab is deployed in the version of this machine.

    A lab that only the stack has is graded in the deployed version, with a warning.

    Args:
        outputs: the outputs of the stack.
        labs: ids of labs.
        options: the options of the command that deploys, as ``options.chosen`` writes them.

    Raises:
        BadInputError: a lab or a check differs, or the lab does not exist. The message has the command that deploys.
    """
    deployed, command = deployed_digests(outputs), f"`labgrader deploy{options}`"
    if deployed is None:
        console.error(
            "warning: an older version of labgrader deployed the stack, so its labs cannot be compared with yours; "
            f"deploy it again with {command}"
        )
        return
    local = digests()
    problems: list[str] = []
    for lab_id in labs:
        if lab_id not in local:
            if lab_id not in deployed:
                problems.append(_no_such_lab(lab_id, {*local, *deployed}))
            else:
                console.error(
                    f"warning: {lab_id} is deployed, but this machine does not have it: the deployed version is graded"
                )
        elif lab_id not in deployed:
            problems.append(f"{lab_id} is not deployed; deploy it with {command}")
        else:
            lab, _, code = local[lab_id].partition(".")
            deployed_lab, _, deployed_code = deployed[lab_id].partition(".")
            if lab != deployed_lab:
                problems.append(f"the deployed {lab_id} differs from yours; deploy yours with {command}")
            elif code != deployed_code:
                problems.append(f"the deployed checks differ from yours; deploy yours with {command}")
    if problems:
        raise BadInputError(list(dict.fromkeys(problems)))


def unknown_lab(lab_id: str, aws: bool, stack: str) -> list[Problem]:
    """Return a problem if a lab exists neither on this machine nor in the stack. An unreachable stack is ignored.

    Args:
        lab_id: the lab.
        aws, stack: the options of the command.

    Raises:
        BadInputError: the lab on this machine is invalid.
    """
    if lab_id in lab_ids():
        find_lab(lab_id)
        return []
    known = known_labs(aws, stack)
    return [] if lab_id in known else [Problem(_no_such_lab(lab_id, known))]


def known_labs(aws: bool, stack: str) -> set[str]:
    """Return the ids of the labs on this machine and in the stack. An unreachable stack is ignored."""
    try:
        deployed = deployed_digests(stack_outputs(real_target() if aws else running_target(), stack))
    except TargetError:  # the command reports this itself, after it has checked its other input
        deployed = None
    return {*lab_ids(), *(deployed or ())}


def no_longer_deployed(outputs: Mapping[str, str]) -> list[str]:
    """Return the labs that a deployment from this machine removes from a stack."""
    return sorted(set(deployed_digests(outputs) or ()) - set(lab_ids()))


def _no_such_lab(lab_id: str, known: Collection[str]) -> str:
    return lab_not_found(lab_id, repr(lab_id), sorted(known))


def _digest_of_files(files: Mapping[str, Path]) -> str:
    digest = hashlib.sha256()
    for inside, file in sorted(files.items()):
        digest.update(f"{inside} {hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()[:_DIGITS]
