"""The record of a run as the table holds it, for tests: written and read without the store's own types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labgrader.store import Store


def stored_run(store: Store, run_id: str) -> dict[str, Any]:
    """Return the item of a run or a self-check without its keys; empty where there is none."""
    return store._get_item("RUNS", run_id) or store._get_item("SELF-CHECKS", run_id) or {}


def put_run(store: Store, record: Mapping[str, Any]) -> None:
    """Write the item of a run over what is there, with the given fields and no others."""
    partition = "SELF-CHECKS" if record["mode"] == "self-check" else "RUNS"
    store._put_item({"pk": partition, "sk": record["run_id"], **record})
