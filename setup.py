"""The part of the build that pyproject.toml cannot express: what `labgrader deploy` deploys travels inside the wheel.

The template, the functions, the layers' requirements and the state machines lie beside the packages in a checkout. An
installed package has them in `cli/_deployable/`, at the same relative paths, so that the template's references hold.
The library and the checks are not copied there: the layer is made of the packages themselves.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

DEPLOYABLE = (
    "functions/*/**/*",
    "infra/*.yaml",
    "layers/*/*",
    "statemachines/*.asl.json",
)


class BuildWithDeployable(build_py):
    """Build the packages, and copy the deployable files beside the `cli` package's modules."""

    def run(self) -> None:
        if not self.editable_mode:
            self._remove_stale_files()
        super().run()
        if not self.editable_mode:
            for target, source in self._deployable().items():
                self.mkpath(str(Path(target).parent))
                self.copy_file(source, target)

    def get_source_files(self) -> list[str]:
        """List the files that a source distribution needs: the deployable ones too."""
        return [*super().get_source_files(), *self._deployable().values()]

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        return [*super().get_outputs(include_bytecode), *self._deployable()]

    def get_output_mapping(self) -> dict[str, str]:
        return {**super().get_output_mapping(), **self._deployable()}

    def _deployable(self) -> dict[str, str]:
        """Map each file in the wheel to the file of the checkout that it is a copy of."""
        if self.editable_mode:
            return {}
        files = sorted(file for pattern in DEPLOYABLE for file in Path().glob(pattern) if file.is_file())
        target = Path(self.build_lib) / "cli" / "_deployable"
        return {str(target / file): str(file) for file in files if "__pycache__" not in file.parts}

    def _remove_stale_files(self) -> None:
        """Empty the build folder: setuptools keeps modules in the wheel that were deleted since the last build."""
        build = Path(self.get_finalized_command("build").build_base).resolve()
        if build in Path(self.build_lib).resolve().parents:
            shutil.rmtree(self.build_lib, ignore_errors=True)


setup(cmdclass={"build_py": BuildWithDeployable})
