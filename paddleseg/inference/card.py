"""The card beside a model: all that someone who runs it has to know, in one YAML file that any language reads."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from paddleseg.errors import ConfigError, ExportError, Problem
from paddleseg.files import atomic_write_text

CARD_NAME, DEPLOY_NAME = "inference.yml", "deploy.yaml"
_HEADER = (
    "# How to run this model; docs/inference.md explains every key. Tensor sizes are (h, w), target_size is [w, h].\n"
)
TWO_CLASS_STEPS = ("smallest_part", "edge_radius")
"""Keys of a card, and of a configuration's `export`: postprocessing that needs probabilities of two classes."""
# What PaddleSeg calls the end of an exported graph, and what ours is called.
OUTPUT_OPS: dict[str, Literal["prob", "argmax", "logits"]] = {"softmax": "prob", "argmax": "argmax", "none": "logits"}

Size = tuple[Annotated[int, Field(gt=0)], Annotated[int, Field(gt=0)]]
Share = Annotated[float, Field(ge=0, le=1)]
Color = Annotated[list[Annotated[int, Field(ge=0, le=255)]], Field(min_length=3, max_length=3)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Step(BaseModel):
    """One preprocessing step: a transform's name with its arguments beside it."""

    model_config = ConfigDict(extra="allow")

    type: str

    @property
    def args(self) -> dict[str, Any]:
        return dict(self.model_extra or {})


class Files(_Part):
    """The files beside the card; `weights` are trained parameters, the others an exported graph."""

    weights: str | None = None
    graph: str | None = None
    params: str | None = None
    onnx: str | None = None


class Input(_Part):
    """The graph's input tensor.

    Args:
        shape: N, C, H, W; null where any value goes.
        size: (h, w) that the preprocessing steps give; null where it follows the picture.
    """

    shape: Annotated[list[Annotated[int, Field(gt=0)] | None], Field(min_length=4, max_length=4)] = [
        None,
        3,
        None,
        None,
    ]
    size: tuple[int, int] | None = None
    layout: Literal["NCHW"] = "NCHW"
    color: Literal["RGB", "GREY"] = "RGB"

    @property
    def channels(self) -> int:
        return 1 if self.color == "GREY" else self.shape[1] or 3


class Output(_Part):
    """The graph's output tensor.

    Args:
        kind: "prob" (N, C, h, w) is the rule; "logits" leaves `activation` to the reader; "argmax" holds class numbers
            and has lost the soft edge.
        activation: "softmax" over exclusive classes, or "sigmoid" for a single channel or independent classes.
        multilabel: Every channel is a class of its own, which may hold beside others.
    """

    kind: Literal["prob", "logits", "argmax"] = "prob"
    activation: Literal["softmax", "sigmoid"] = "softmax"
    multilabel: bool = False


class Macs(_Part):
    """Multiply-adds of one picture of `size` (h, w), as `paddleseg analyze` counts them."""

    size: Size
    count: Annotated[int, Field(gt=0)]


class Score(_Part):
    """What an evaluation measured, in shares of 1.

    Args:
        data: The list of the images, as people know it.
        images: How many they are.
        size: (h, w) of the network's input.
        SC: Semantic connectivity (two classes); `SC_without_specks` and `components` as docs/metrics.md tells.
        worst_tenth: Mean foreground IoU of the images of lowest IoU.
        flicker: Of clips, as docs/metrics.md tells.
        parts: mIoU of parts of the data: by where the photos come from, by their shape.
        command: What was run, from the repository; `$DATA` stands for a folder of the reader's.
        commit: The state of the repository it was run at.
    """

    data: str
    images: Annotated[int, Field(gt=0)]
    size: Size
    mIoU: Share
    foreground_IoU: Share | None = None
    boundary_IoU: Share | None = None
    SC: Share | None = None
    SC_without_specks: Share | None = None
    components: Annotated[float, Field(ge=0)] | None = None
    worst_tenth: Share | None = None
    flicker: Share | None = None
    parts: dict[str, Share] = {}
    command: str
    commit: str


class Latency(_Part):
    """What one picture of `size` (h, w) takes the network alone; `cpu_ms` is the processor time of all threads."""

    device: str
    threads: Annotated[int, Field(gt=0)]
    runtime: Literal["dygraph", "paddle", "onnx", "lite", "tensorrt", "openvino"]
    size: Size
    p50_ms: Annotated[float, Field(gt=0)]
    p95_ms: Annotated[float, Field(gt=0)]
    cpu_ms: Annotated[float, Field(gt=0)] | None = None
    command: str


class VerifiedExport(_Part):
    """A runtime in which the exported model was run, and how far its probabilities were from the model's."""

    target: Literal["paddle", "onnx", "lite", "tensorrt", "openvino"]
    largest_difference: Annotated[float, Field(ge=0)]
    command: str


class Card(_Part):
    """What preprocessing a model wants and what its output means; of published weights also what they are worth.

    Args:
        card: The format's version.
        model: The network, as a configuration writes it; needed to build it from `.pdparams`.
        preprocess: Steps in order, in the spelling of the configuration's transforms.
        classes: Names, background first. Empty where they are not known.
        colors: One [r, g, b] for each class; empty for the standard palette.
        threshold: Probability from which a pixel is foreground, with one or two classes or independent ones.
        smallest_part: Of two classes: pieces of foreground become background if they are smaller than this share of the
            largest one; 0 keeps them all.
        edge_radius: Of two classes: how far, in pixels of the network's input, the photo is looked at to move the
            mask's edges onto its own; 0 leaves them.
        parameters: How many numbers training changes.
        macs, scores, latency, verified_exports: Measured, each with the command that measured it.
        origin: Where the weights come from.
        sources: Papers and pages that describe the model, its weights and their data.
        intended_use, known_failures: What it is for, and where it goes wrong.
        url, sha256, bytes: Where `files.weights` are fetched from if they are not beside the card, and what they are;
            of an exported folder, `sha256` is that of `files.params`.

    Example:
        >>> card = load_card("output/export")
        >>> card.input.size
        (192, 192)
    """

    card: Literal[1] = 1
    name: str = ""
    task: str = ""
    model: Step | None = None
    files: Files = Files()
    input: Input = Input()
    preprocess: list[Step] = []
    output: Output = Output()
    classes: list[str] = []
    colors: list[Color] = []
    threshold: Annotated[float, Field(gt=0, lt=1)] = 0.5
    smallest_part: Annotated[float, Field(ge=0, lt=1)] = 0
    edge_radius: Annotated[float, Field(ge=0)] = 0
    parameters: int | None = None
    macs: list[Macs] = []
    scores: list[Score] = []
    latency: list[Latency] = []
    verified_exports: list[VerifiedExport] = []
    origin: str = ""
    licence: str = ""
    sources: list[str] = []
    url: Annotated[str, Field(pattern="^(https?://.*)?$")] = ""
    sha256: Annotated[str, Field(pattern="^([0-9a-f]{64})?$")] = ""
    bytes: Annotated[int, Field(gt=0)] | None = None
    intended_use: list[str] = []
    known_failures: list[str] = []
    versions: dict[str, str] = {}

    @model_validator(mode="after")
    def _agree(self) -> Card:
        if self.colors and len(self.colors) < len(self.classes):
            raise ValueError(f"{len(self.classes)} classes but only {len(self.colors)} colors")
        if self.output.multilabel and self.output.activation != "sigmoid":
            raise ValueError("output.multilabel needs activation: sigmoid")
        if self.output.multilabel or self.output.kind == "argmax" or len(self.classes) > 2:
            for name in TWO_CLASS_STEPS:
                if getattr(self, name):
                    raise ValueError(f"{name} needs probabilities of two classes")
        if self.url and not self.sha256:
            raise ValueError("url needs sha256, which tells whether what was fetched is what the card describes")
        return self

    def save(self, path: str | Path) -> None:
        """Write the card as YAML, whole or not at all."""
        # Defaults are written out, since a reader in another language does not know them; what is empty is left out.
        content = {key: value for key, value in self.model_dump(mode="json").items() if value not in (None, "", [], {})}
        content["files"] = {kind: name for kind, name in content["files"].items() if name}
        atomic_write_text(path, _HEADER + to_yaml(content))


def to_yaml(content: dict[str, Any]) -> str:
    """YAML in the order given, with short rows such as `[192, 192]` on one line."""
    return yaml.dump(content, Dumper=_Dumper, sort_keys=False, width=120)


class _Dumper(yaml.SafeDumper):
    """Block style but for rows of plain values."""


def _row(dumper: yaml.SafeDumper, values: list[Any]) -> yaml.Node:
    plain = all(not isinstance(value, (dict, list)) and len(str(value)) < 40 for value in values)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", values, flow_style=plain)


_Dumper.add_representer(list, _row)


def load_card(path: str | Path) -> tuple[Card, Path]:
    """The card of an exported model and the folder of its files.

    Args:
        path: The folder, its `inference.yml`, or its `deploy.yaml`, which PaddleSeg's own exports have too. Where both
            are there `inference.yml` counts, since it says more.

    Raises:
        ExportError: There is no such card.
        ConfigError: It cannot be understood; lists every fault.
    """
    path = Path(path)
    folder = path if path.is_dir() else path.parent
    if not path.exists():
        raise ExportError(str(path), "does not exist", "give the folder that export wrote")
    candidates = [folder / CARD_NAME, folder / DEPLOY_NAME]
    if path.is_file() and path.name not in (CARD_NAME, DEPLOY_NAME):
        candidates = [path]
    found = next((candidate for candidate in candidates if candidate.is_file()), None)
    if found is None:
        raise ExportError(str(folder), f"holds no {CARD_NAME} and no {DEPLOY_NAME}", "export the model again")
    return read_card(found), folder


def read_card(path: str | Path) -> Card:
    """The card in one file, in our form or in that of PaddleSeg's `deploy.yaml`."""
    try:
        content = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(str(path), f"is not YAML: {error}", "export the model again") from error
    if not isinstance(content, dict):
        raise ConfigError(str(path), "holds no mapping", "export the model again")
    deploy = content.pop("Deploy", None)
    if isinstance(deploy, dict) and "card" not in content:
        content = _from_deploy(deploy)
    elif "card" not in content:
        raise ConfigError(str(path), "is no model's card", "give the folder that export wrote")
    try:
        return Card.model_validate(content)
    except ValidationError as error:
        faults = [(".".join(map(str, fault["loc"])), fault["msg"]) for fault in error.errors()]
        hint = "docs/inference.md lists the keys"
        raise ConfigError([Problem(f"{path}: {place}", what, hint) for place, what in faults]) from error


def _from_deploy(deploy: dict[str, Any]) -> dict[str, Any]:
    """PaddleSeg's `Deploy` section in our terms; what it does not say keeps its default."""
    # Old files state the type of the output only.
    kind = OUTPUT_OPS.get(deploy.get("output_op", ""), "prob" if deploy.get("output_dtype") == "float32" else "argmax")
    shape = [size if isinstance(size, int) and size > 0 else None for size in deploy.get("input_shape") or []]
    return {
        "files": {"graph": deploy.get("model"), "params": deploy.get("params")},
        "preprocess": deploy.get("transforms") or [],
        "output": {"kind": kind},
        **({"input": {"shape": shape}} if shape else {}),
    }


def deploy_text(card: Card) -> str:
    """`deploy.yaml`: the section that PaddleSeg's tools read, naming the files that are really there."""
    names = {kind: name for name, kind in OUTPUT_OPS.items()}
    content = {
        "Deploy": {
            "model": card.files.graph,
            "params": card.files.params,
            "input_shape": [-1 if size is None else size for size in card.input.shape],
            "output_dtype": "int32" if card.output.kind == "argmax" else "float32",
            "output_op": names[card.output.kind],
            "transforms": [step.model_dump() for step in card.preprocess],
        }
    }
    return to_yaml(content)
