"""A student's resources for checks, from AWS's answers. Every field accepts a missing value."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from labgrader.evidence.coerce import arn_parts, mapping, number, text
from labgrader.evidence.question import Json


@dataclass(frozen=True)
class LayerReference:
    """A layer version attached to a function, from its ARN ``arn:aws:lambda:REGION:ACCOUNT:layer:NAME:VERSION``."""

    arn: str

    @property
    def account_id(self) -> str:
        """The account that the layer belongs to."""
        return arn_parts(self.arn)[4]

    @property
    def name(self) -> str:
        """The name of the layer."""
        return arn_parts(self.arn)[6]

    @property
    def version(self) -> int | None:
        """The number of the version, or ``None`` if the ARN has none."""
        version = arn_parts(self.arn)[7]
        return number(version)


@dataclass(frozen=True)
class Function:
    """A Lambda function, alias or version as GetFunction (or ListVersionsByFunction) describes it.

    ``timeout_s`` is in seconds, ``memory_mb`` in MB, ``code_size`` in bytes of the zipped package.
    ``reserved_concurrency`` is ``None`` if none is reserved, and 0 if the function cannot be invoked at all.
    """

    name: str
    arn: str = ""
    version: str = "$LATEST"
    runtime: str = ""
    handler: str = ""
    role: str = ""
    description: str = ""
    timeout_s: int | None = None
    memory_mb: int | None = None
    code_size: int | None = None
    code_sha256: str = ""
    package_type: str = "Zip"
    architectures: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    layers: tuple[LayerReference, ...] = ()
    state: str = ""
    state_reason: str = ""
    last_update_status: str = ""
    tracing_mode: str = ""
    dead_letter_target: str = ""
    reserved_concurrency: int | None = None
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def layer_names(self) -> tuple[str, ...]:
        """The names of the attached layers, in the order they are attached."""
        return tuple(layer.name for layer in self.layers)

    @classmethod
    def from_answer(cls, name: str, answer: Mapping[str, Json]) -> Function:
        """Read a GetFunction answer (``Configuration``, ``Concurrency``, ``Tags``)."""
        reserved = mapping(answer.get("Concurrency")).get("ReservedConcurrentExecutions")
        return cls.from_configuration(name, mapping(answer.get("Configuration")), reserved, mapping(answer.get("Tags")))

    @classmethod
    def from_configuration(
        cls,
        name: str,
        configuration: Mapping[str, Json],
        reserved_concurrency: int | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> Function:
        """Read a function configuration, as every Lambda API returns it."""
        return cls(
            name=name,
            arn=text(configuration.get("FunctionArn")),
            version=text(configuration.get("Version")) or "$LATEST",
            runtime=text(configuration.get("Runtime")),
            handler=text(configuration.get("Handler")),
            role=text(configuration.get("Role")),
            description=text(configuration.get("Description")),
            timeout_s=number(configuration.get("Timeout")),
            memory_mb=number(configuration.get("MemorySize")),
            code_size=number(configuration.get("CodeSize")),
            code_sha256=text(configuration.get("CodeSha256")),
            package_type=text(configuration.get("PackageType")) or "Zip",
            architectures=tuple(text(architecture) for architecture in configuration.get("Architectures") or ()),
            environment=mapping(mapping(configuration.get("Environment")).get("Variables")),
            layers=tuple(
                LayerReference(text(layer.get("Arn") if isinstance(layer, Mapping) else layer))
                for layer in configuration.get("Layers") or ()
            ),
            state=text(configuration.get("State")),
            state_reason=text(configuration.get("StateReason")),
            last_update_status=text(configuration.get("LastUpdateStatus")),
            tracing_mode=text(mapping(configuration.get("TracingConfig")).get("Mode")),
            dead_letter_target=text(mapping(configuration.get("DeadLetterConfig")).get("TargetArn")),
            reserved_concurrency=number(reserved_concurrency),
            tags=tags or {},
        )


@dataclass(frozen=True)
class Alias:
    """A function alias. ``weights`` has the share of invocations (0 to 1) of each additional version."""

    name: str
    version: str
    weights: Mapping[str, float] = field(default_factory=dict)
    description: str = ""

    @classmethod
    def from_answer(cls, answer: Mapping[str, Json]) -> Alias:
        """Read an entry of ListAliases."""
        return cls(
            name=str(answer.get("Name", "")),
            version=str(answer.get("FunctionVersion", "")),
            weights=(answer.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {},
            description=str(answer.get("Description", "")),
        )


@dataclass(frozen=True)
class ProvisionedConcurrency:
    """Provisioned concurrency of one alias or version: the requested and the available amount, and AWS's status."""

    qualifier: str
    requested: int
    available: int
    status: str
    status_reason: str = ""

    @classmethod
    def from_answer(cls, qualifier: str, answer: Mapping[str, Json]) -> ProvisionedConcurrency:
        """Read a GetProvisionedConcurrencyConfig answer, or an entry of ListProvisionedConcurrencyConfigs."""
        return cls(
            qualifier=qualifier,
            requested=number(answer.get("RequestedProvisionedConcurrentExecutions")) or 0,
            available=number(answer.get("AvailableProvisionedConcurrentExecutions")) or 0,
            status=text(answer.get("Status")),
            status_reason=text(answer.get("StatusReason")),
        )


@dataclass(frozen=True)
class LayerVersion:
    """One published version of a layer."""

    name: str
    version: int
    arn: str = ""
    compatible_runtimes: tuple[str, ...] = ()
    compatible_architectures: tuple[str, ...] = ()
    description: str = ""

    @classmethod
    def from_answer(cls, name: str, answer: Mapping[str, Json]) -> LayerVersion:
        """Read an entry of ListLayerVersions, or the LatestMatchingVersion of ListLayers."""
        return cls(
            name=name,
            version=number(answer.get("Version")) or 0,
            arn=text(answer.get("LayerVersionArn")),
            compatible_runtimes=tuple(text(runtime) for runtime in answer.get("CompatibleRuntimes") or ()),
            compatible_architectures=tuple(
                text(architecture) for architecture in answer.get("CompatibleArchitectures") or ()
            ),
            description=text(answer.get("Description")),
        )


@dataclass(frozen=True)
class Package:
    """The content of a deployment package: the paths in the zip, without the code.

    ``paths`` is ``None`` if the package was too large to read; ``size`` is in bytes, zipped.
    """

    size: int
    paths: tuple[str, ...] | None

    @classmethod
    def from_answer(cls, answer: Mapping[str, Json]) -> Package:
        """Read the recorded content of a package."""
        paths = answer.get("Paths")
        return cls(size=int(answer.get("Size") or 0), paths=None if paths is None else tuple(paths))


@dataclass(frozen=True)
class Metric:
    """One line of a dashboard graph. An expression (``SEARCH(…)``) has only ``expression``.

    ``region`` is the Region that the line or its widget names, or empty.
    """

    namespace: str = ""
    name: str = ""
    dimensions: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Json] = field(default_factory=dict)
    expression: str = ""
    region: str = ""


@dataclass(frozen=True)
class Dashboard:
    """A CloudWatch dashboard. ``problem`` says why the body could not be read, and is empty otherwise."""

    name: str
    body: str
    widgets: tuple[Mapping[str, Json], ...] = ()
    problem: str = ""

    @classmethod
    def from_body(cls, name: str, body: str) -> Dashboard:
        """Parse a dashboard's body. It may be invalid: the embedded AWS stores bodies that AWS would refuse."""
        try:
            document = json.loads(body)
        except (ValueError, RecursionError):
            return cls(name, body, problem="its body is not JSON")
        widgets = document.get("widgets") if isinstance(document, dict) else None
        if not isinstance(widgets, list):
            return cls(name, body, problem="its body has no list of widgets")
        return cls(name, body, tuple(widget for widget in widgets if isinstance(widget, dict)))

    def metrics(self) -> Iterator[Metric]:
        """Yield every metric that a widget plots, with the shorthands ``.`` (same as above) and ``...`` resolved.

        Source: CloudWatch User Guide, Dashboard Body Structure and Syntax, "Metrics Array Format".
        """
        for widget in self.widgets:
            properties = mapping(widget.get("properties"))
            previous: list[str] = []
            rows = properties.get("metrics")
            for row in rows if isinstance(rows, list) else ():
                if not isinstance(row, list):
                    continue
                options = row[-1] if row and isinstance(row[-1], dict) else {}
                region = text(options.get("region")) or text(properties.get("region"))
                if text(options.get("expression")):
                    yield Metric(options=options, expression=text(options["expression"]), region=region)
                names = _expand([text(part) for part in row if not isinstance(part, dict)], previous)
                if len(names) >= 2:
                    dimensions = dict(zip(names[2::2], names[3::2], strict=False))
                    yield Metric(names[0], names[1], dimensions, options, region=region)
                    previous = names


def _expand(names: list[str], previous: list[str]) -> list[str]:
    """Resolve a metric row's ``.`` and ``...`` from the row above it."""
    if names and "..." in names:
        at = names.index("...")
        tail = names[at + 1 :]
        names = [*names[:at], *previous[at : len(previous) - len(tail)], *tail]
    return [previous[index] if name == "." and index < len(previous) else name for index, name in enumerate(names)]
