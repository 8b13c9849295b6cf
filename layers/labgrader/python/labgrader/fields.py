"""Documents as dataclasses: the entries that a class has fields for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def known_fields(cls: type[DataclassInstance], document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entries of a document that are fields of a dataclass, as arguments of the class.

    An optional field that the document does not have keeps the default of the class. Other entries are ignored.

    Args:
        cls: the dataclass.
        document: JSON, with the names of the fields.
    """
    return {field.name: document[field.name] for field in fields(cls) if field.name in document}
