"""Every function can be imported as on Lambda: with its bundle, its layers and boto3, and no other packages."""

from __future__ import annotations

import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from benchmarks.bundles import import_ms, lambda_packages
from cli.deployment.bundles import bundle, running_python
from cli.deployment.template import LocalCode, layers, local_code, read_template
from cli.project import TEMPLATE, build_folder


@pytest.mark.workflow
def test_every_function_imports_in_an_isolated_interpreter(tmp_path: Path) -> None:
    template = read_template(TEMPLATE)
    code = [
        reference
        for reference in local_code(template, TEMPLATE.parent)
        if reference.kind.endswith(("Function", "LayerVersion"))
    ]

    def unpack(reference: LocalCode) -> Path:
        """Unpack a bundle. An earlier run may have built it from the same files."""
        with zipfile.ZipFile(bundle(reference.path, running_python(), build_folder()).file) as archive:
            archive.extractall(tmp_path / reference.resource)
        return tmp_path / reference.resource

    with ThreadPoolExecutor(2) as pool:  # pip and the interpreters are child processes
        folders = dict(zip(code, pool.map(unpack, code), strict=True))
        unpacked = {
            reference.resource: folder / "python"
            for reference, folder in folders.items()
            if reference.kind.endswith("LayerVersion")
        }
        functions = [folder for reference, folder in folders.items() if reference.kind.endswith("Function")]
        assert set(unpacked) == {"LabgraderLayer", "DependenciesLayer", "LoadTestingLayer", "ApiLayer"}
        assert len(functions) >= 12
        own = [[str(unpacked[name]) for name in layers(template, folder.name)] for folder in functions]
        lambda_packages(tmp_path)
        for taken in pool.map(import_ms, functions, own, [tmp_path] * len(functions)):
            assert 0 < taken < 60_000
    assert all(not (folder / "boto3").exists() for folder in unpacked.values())
    for package, layer in (("httptools", "LoadTestingLayer"), ("pydantic", "ApiLayer"), ("jwt", "DependenciesLayer")):
        assert [name for name, folder in unpacked.items() if (folder / package).exists()] == [layer]


OWN_LAYERS = {
    "RunProbeFunction": ["LoadTestingLayer"],
    "RunLoadTestFunction": ["LoadTestingLayer"],
    "ApiFunction": ["ApiLayer"],
}


def test_only_functions_that_need_a_layer_have_it() -> None:
    template = read_template(TEMPLATE)
    common = ["LabgraderLayer", "DependenciesLayer"]
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function":
            assert layers(template, name) == common + OWN_LAYERS.get(name, [])


def test_the_error_of_a_missing_package_names_it(tmp_path: Path) -> None:
    function = tmp_path / "function"
    function.mkdir()
    (function / "app.py").write_text("import pytest\n")
    with pytest.raises(RuntimeError, match="No module named 'pytest'"):
        import_ms(function, [], tmp_path)
