"""`python -m statemachines` writes the ASL files; `--check` only checks that they are current."""

from __future__ import annotations

import sys
from pathlib import Path

from statemachines.audit_course import audit_course
from statemachines.grade_class import grade_class
from statemachines.grade_student import grade_student

MACHINES = {"audit_course": audit_course, "grade_class": grade_class, "grade_student": grade_student}


def main(arguments: list[str]) -> int:
    """Write or compare every machine's file; return the exit status."""
    stale = []
    for name, machine in MACHINES.items():
        file = Path(__file__).parent / f"{name}.asl.json"
        rendered = machine()
        if "--check" in arguments:
            if not file.exists() or file.read_text(encoding="utf-8") != rendered:
                stale.append(file.name)
        else:
            file.write_text(rendered, encoding="utf-8")
    if stale:
        print(f"not current: {', '.join(stale)}; run `make render`", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
