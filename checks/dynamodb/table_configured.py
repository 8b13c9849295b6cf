"""A table exists with the keys and the billing mode of the lab."""

from __future__ import annotations

from checks.wording import missing
from labgrader.evidence.snapshot import Snapshot, Table
from labgrader.judging import Verdict, check, failed, quote, share


@check(title="The table is configured as the lab requires", hint="aws dynamodb describe-table --table-name {table}")
def table_configured(
    snapshot: Snapshot,
    *,
    table: str,
    partition_key: str,
    sort_key: str = "",
    key_type: str = "S",
    billing_mode: str = "",
) -> Verdict:
    """Check that the table exists and has the keys with their type, and the billing mode. Each is worth the same.

    Args:
        table: the table's name. Its existence is worth as much as one key.
        partition_key: the attribute of the partition key (``HASH``).
        sort_key: the attribute of the sort key (``RANGE``); empty for a table without one.
        key_type: the type of the keys: ``S``, ``N`` or ``B``.
        billing_mode: ``PAY_PER_REQUEST`` or ``PROVISIONED``; empty if either is right.
    """
    wanted = {"partition key": partition_key, "sort key": sort_key}
    expected = ", ".join(f"{what} {name} ({key_type})" for what, name in wanted.items() if name)
    expected += f", {billing_mode}" if billing_mode else ""
    create = _create(table, wanted, key_type, billing_mode or "PAY_PER_REQUEST")
    found = snapshot.dynamodb.table(table)
    if found is None:
        return failed(
            missing("table", table, snapshot.dynamodb.table_names()),
            expected=expected,
            observed="no such table",
            hint=create,
        )
    seen = {"partition key": found.partition_key, "sort key": found.sort_key}
    wrong = [phrase for what, name in wanted.items() if (phrase := _wrong_key(found, what, name, seen[what], key_type))]
    hint = f"aws dynamodb delete-table --table-name {table}  # the keys of a table cannot be changed\n{create}"
    if billing_mode and found.billing_mode != billing_mode:
        hint = hint if wrong else f"aws dynamodb update-table --table-name {table} {_billing(billing_mode)}"
        wrong.append(f"the billing mode is {quote(found.billing_mode)} instead of {billing_mode}")
    parts = 3 + bool(billing_mode)
    return share(
        parts - len(wrong),
        parts,
        f"{table}: {', '.join(wrong)}.",
        expected=expected,
        observed=", ".join(f"{what} {quote(name)}" for what, name in seen.items() if name)
        + f", {quote(found.billing_mode)}",
        hint=hint,
    )


def _wrong_key(table: Table, what: str, name: str, seen: str, key_type: str) -> str:
    """Return what is wrong with a key, or an empty text."""
    if seen != name:
        if not name:
            return f"the lab has no {what}, but the table has {quote(seen)}"
        return f"the {what} is {quote(seen)} instead of {name}" if seen else f"the {what} {name} is missing"
    has = table.key_types.get(name, "")
    return (
        f"the {what} {name} is of type {quote(has) or 'unknown'} instead of {key_type}"
        if has != key_type and name
        else ""
    )


def _billing(mode: str) -> str:
    units = " --provisioned-throughput ReadCapacityUnits=1,WriteCapacityUnits=1" if mode == "PROVISIONED" else ""
    return f"--billing-mode {mode}{units}"


def _create(table: str, keys: dict[str, str], key_type: str, billing_mode: str) -> str:
    kinds = {"partition key": "HASH", "sort key": "RANGE"}
    named = {what: name for what, name in keys.items() if name}
    attributes = " ".join(f"AttributeName={name},AttributeType={key_type}" for name in named.values())
    schema = " ".join(f"AttributeName={name},KeyType={kinds[what]}" for what, name in named.items())
    return (
        f"aws dynamodb create-table --table-name {table} --attribute-definitions {attributes} "
        f"--key-schema {schema} {_billing(billing_mode)}"
    )
