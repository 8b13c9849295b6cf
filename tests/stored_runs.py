"""Read and write the record of a run in the table, without the types of the store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labgrader.store import Store


def stored_run(store: Store, run_id: str) -> dict[str, Any]:
    """Return the item of a run or a self-check without its keys, or an empty one if it does not exist."""
    return store._get_item("RUNS", run_id) or store._get_item("SELF-CHECKS", run_id) or {}


def put_run(store: Store, record: Mapping[str, Any]) -> None:
    """Replace the item of a run by one with only the given fields."""
    partition = "SELF-CHECKS" if record["mode"] == "self-check" else "RUNS"
    store._put_item({"pk": partition, "sk": record["run_id"], **record})
