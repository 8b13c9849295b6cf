"""Measure the size of each function and layer, and the import time of each function as on Lambda.

The interpreter is isolated (`python -I -S`): it sees the bundle, the layers and the boto3 that Lambda brings.
"""

from __future__ import annotations

import importlib.util
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from cli.deployment.bundles import bundle, running_python
from cli.deployment.template import layers, local_code, read_template
from cli.project import ROOT, TEMPLATE

RUNS = 5

_LAMBDA_HAS = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six")

_SCRIPT = """
import sys, time
sys.path[:0] = {paths!r}
began = time.perf_counter()
import app
print(time.perf_counter() - began)
"""


def main() -> None:
    """Print a line for each bundle: its size zipped and unzipped in KiB, and its import in milliseconds."""
    document = read_template(TEMPLATE)
    references = list(local_code(document, TEMPLATE.parent))
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        unpacked: dict[str, Path] = {}
        print(f"{'bundle':24}{'zip KiB':>9}{'unzipped':>10}{'import ms':>11}")
        for reference in sorted(references, key=lambda one: (not one.kind.endswith("LayerVersion"), one.resource)):
            if not reference.kind.endswith(("LayerVersion", "Function")):
                continue
            made = bundle(reference.path, running_python()).file
            target = root / reference.resource
            with zipfile.ZipFile(made) as archive:
                archive.extractall(target)
                unzipped = sum(entry.file_size for entry in archive.infolist())
            text = ""
            if reference.kind.endswith("LayerVersion"):
                unpacked[reference.resource] = target / "python"
            else:
                own = [str(unpacked[name]) for name in layers(document, reference.resource)]
                text = f"{statistics.median(import_ms(target, own, root) for _ in range(RUNS)):11.0f}"
            print(f"{reference.resource:24}{made.stat().st_size / 1024:9.0f}{unzipped / 1024:10.0f}{text}")


def lambda_packages(scratch: Path) -> Path:
    """Return a folder with the packages that Lambda's own runtime has, linked from this environment; make it once."""
    folder = scratch / "lambda"
    if not folder.exists():
        folder.mkdir()
        for name in _LAMBDA_HAS:
            found = importlib.util.find_spec(name)
            if found is None or found.origin is None:
                continue
            origin = Path(found.origin)
            origin = origin.parent if origin.name == "__init__.py" else origin
            (folder / origin.name).symlink_to(origin)
    return folder


def import_ms(function: Path, layers: list[str], scratch: Path) -> float:
    """Import a function's handler in a fresh isolated interpreter; return how long it took, in milliseconds.

    Raises:
        RuntimeError: it cannot be imported; the message is the interpreter's.
    """
    paths = [str(function), *reversed(layers), str(lambda_packages(scratch))]
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _SCRIPT.format(paths=paths)],
        cwd=ROOT,
        env={"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1", "POWERTOOLS_METRICS_NAMESPACE": "labgrader"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{function.name} cannot be imported:\n{done.stderr}")
    return float(done.stdout) * 1000


if __name__ == "__main__":
    began = time.perf_counter()
    main()
    print(f"({time.perf_counter() - began:.0f} s)")
