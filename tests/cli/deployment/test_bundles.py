"""Every function imports as Lambda imports it: with its bundle, the layers and boto3, and nothing of this machine's."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from benchmarks.bundles import import_ms
from cli.deployment.bundles import bundle, running_python
from cli.deployment.template import layers, local_code, read_template
from cli.project import TEMPLATE


@pytest.mark.workflow
def test_every_function_imports_in_an_isolated_interpreter(tmp_path: Path) -> None:
    template = read_template(TEMPLATE)
    unpacked, functions = {}, []
    for reference in local_code(template, TEMPLATE.parent):
        if not reference.kind.endswith(("Function", "LayerVersion")):
            continue
        folder = tmp_path / reference.resource
        with zipfile.ZipFile(bundle(reference.path, running_python(), tmp_path / "build").file) as archive:
            archive.extractall(folder)
        if reference.kind.endswith("LayerVersion"):
            unpacked[reference.resource] = folder / "python"
        else:
            functions.append(folder)
    assert set(unpacked) == {"LabgraderLayer", "DependenciesLayer", "LoadTestingLayer", "ApiLayer"}
    assert len(functions) >= 12
    for folder in functions:
        own = [str(unpacked[name]) for name in layers(template, folder.name)]
        assert 0 < import_ms(folder, own, tmp_path) < 60_000
    assert all(not (folder / "boto3").exists() for folder in unpacked.values())
    for package, layer in (("httptools", "LoadTestingLayer"), ("pydantic", "ApiLayer"), ("jwt", "DependenciesLayer")):
        assert [name for name, folder in unpacked.items() if (folder / package).exists()] == [layer]


OWN_LAYERS = {
    "RunProbeFunction": ["LoadTestingLayer"],
    "RunLoadTestFunction": ["LoadTestingLayer"],
    "ApiFunction": ["ApiLayer"],
}


def test_only_those_that_need_a_layer_have_it() -> None:
    template = read_template(TEMPLATE)
    common = ["LabgraderLayer", "DependenciesLayer"]
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function":
            assert layers(template, name) == common + OWN_LAYERS.get(name, [])


def test_a_function_that_misses_a_package_says_which(tmp_path: Path) -> None:
    function = tmp_path / "function"
    function.mkdir()
    (function / "app.py").write_text("import pytest\n")
    with pytest.raises(RuntimeError, match="No module named 'pytest'"):
        import_ms(function, [], tmp_path)
