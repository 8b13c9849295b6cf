"""Read and write the record of a run in the table, without the types of the store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labgrader.store import Store


def stored_run(store: Store, run_id: str) -> dict[str, Any]:
    """Return the item of a run or a self-check without its keys. Return an empty one for an unknown run."""
    return store._get_item("RUNS", run_id) or store._get_item("SELF-CHECKS", run_id) or {}


def put_run(store: Store, record: Mapping[str, Any]) -> None:
    """Replace the item of a run by the given fields."""
    partition = "SELF-CHECKS" if record["mode"] == "self-check" else "RUNS"
    store._put_item({"pk": partition, "sk": record["run_id"], **record})
