"""Save the embedded AWS of `labgrader up` in a file of the state folder, and read it in later commands."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path

from cli.embedded_aws.instance import Embedded
from cli.project import state_folder


def remember(made: Embedded, outputs: Mapping[str, str] | None = None) -> None:
    """Save a running embedded AWS, and the outputs of its stack, for later commands."""
    made = made if outputs is None else replace(made, outputs=dict(outputs))
    file = state_file()
    fresh = file.with_suffix(".new")
    fresh.write_text(json.dumps({**asdict(made), "endpoint": made.endpoint}, indent=1) + "\n", encoding="utf-8")
    fresh.replace(file)


def remembered() -> Embedded | None:
    """Return the embedded AWS of the state file, or ``None`` if the file is missing or invalid."""
    try:
        document = json.loads(state_file().read_text(encoding="utf-8"))
        return Embedded(
            pid=int(document["pid"]),
            born=str(document["born"]),
            port=int(document["port"]),
            enforce_iam=bool(document["enforce_iam"]),
            work=str(document["work"]),
            outputs=dict(document["outputs"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def state_file() -> Path:
    """Return the state file."""
    return state_folder() / "embedded.json"
