"""Every function imports as Lambda imports it: with its bundle, the layers and boto3, and nothing of this machine's."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from benchmarks.bundles import import_ms
from cli.package import bundle, running_python
from cli.project import TEMPLATE
from cli.template import local_code, read_template


@pytest.mark.workflow
def test_every_function_imports_in_an_isolated_interpreter(tmp_path: Path) -> None:
    references = list(local_code(read_template(TEMPLATE), TEMPLATE.parent))
    layers, functions = [], []
    for reference in references:
        if not reference.kind.endswith(("Function", "LayerVersion")):
            continue
        folder = tmp_path / reference.resource
        with zipfile.ZipFile(bundle(reference.path, running_python(), tmp_path / "build").file) as archive:
            archive.extractall(folder)
        if reference.kind.endswith("LayerVersion"):
            layers.append(str(folder / "python"))
        else:
            functions.append(folder)
    assert len(layers) == 2
    assert len(functions) >= 7
    for folder in functions:
        assert 0 < import_ms(folder, layers, tmp_path) < 60_000
    assert not (Path(layers[0]).parent / "python" / "boto3").exists()


def test_a_function_that_misses_a_package_says_which(tmp_path: Path) -> None:
    function = tmp_path / "function"
    function.mkdir()
    (function / "app.py").write_text("import pytest\n")
    with pytest.raises(RuntimeError, match="No module named 'pytest'"):
        import_ms(function, [], tmp_path)
