"""The run contract of a model: its inputs, how a picture becomes them, what its outputs mean."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from paddleseg.card.part import Part
from paddleseg.card.scores import Latency, Macs, Score, VerifiedExport

TWO_CLASS_STEPS = ("smallest_part", "edge_radius")
"""Keys of a card, and of a configuration's `export`: postprocessing that needs probabilities of two classes."""

Color = Annotated[list[Annotated[int, Field(ge=0, le=255)]], Field(min_length=3, max_length=3)]


class Step(BaseModel):
    """One preprocessing step: a transform's name with its arguments beside it."""

    model_config = ConfigDict(extra="allow")

    type: str

    @property
    def args(self) -> dict[str, Any]:
        return dict(self.model_extra or {})


class Files(Part):
    """The files beside the card; `weights` are trained parameters, the others an exported graph."""

    weights: str | None = None
    graph: str | None = None
    params: str | None = None
    onnx: str | None = None


class Input(Part):
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


class Output(Part):
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


class Card(Part):
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
