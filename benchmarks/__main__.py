"""``python -m benchmarks [name…]``: run the named benchmarks, or all of them, in turn."""

from __future__ import annotations

import importlib
import importlib.util
import sys

NAMES = ("calls", "labs", "bundles", "load", "self_check", "conditional_writes")


def main(names: list[str]) -> int:
    """Run benchmarks by name.

    Returns:
        The exit status: 2 where a name is unknown, and then nothing was run.
    """
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        print(f"unknown benchmark: {', '.join(unknown)}; the benchmarks are: {', '.join(NAMES)}", file=sys.stderr)
        return 2
    for name in names or NAMES:
        print(f"== {name} ==", flush=True)
        if importlib.util.find_spec(f"benchmarks.{name}") is None:
            print("not here\n")
            continue
        importlib.import_module(f"benchmarks.{name}").main()
        print(flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
