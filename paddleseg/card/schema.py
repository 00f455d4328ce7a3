"""The run contract of a model: its inputs, how a picture becomes them, what its outputs mean, what is made of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath, PureWindowsPath
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from paddleseg.card.finish import Finish
from paddleseg.card.part import Part
from paddleseg.card.scores import Measured
from paddleseg.card.step import Step
from paddleseg.card.upgrade import upgraded

Color = Annotated[list[Annotated[int, Field(ge=0, le=255)]], Field(min_length=3, max_length=3)]
OutputKind = Literal["prob", "logits", "argmax", "values", "alpha"]


def _inside(name: str) -> str:
    """A card comes from anywhere, and must not name files of the reader's machine."""
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or PureWindowsPath(name).drive:
        raise ValueError(f"{name!r} leads out of the card's folder")
    return name


FileName = Annotated[str, AfterValidator(_inside)]


class Files(Part):
    """The files beside the card; `weights` are trained parameters, the others an exported graph.

    Args:
        openvino: The `.xml` file; a `.bin` of the same name is beside it.
        lite, lite_arm: Paddle Lite, for x86 and for ARM processors.
        tensorrt: An engine, for the kind of GPU that it was built on.
        embedded: An ONNX graph with the card's steps inside, from a picture (H, W, C) uint8 to its mask.
    """

    weights: FileName | None = None
    graph: FileName | None = None
    params: FileName | None = None
    onnx: FileName | None = None
    openvino: FileName | None = None
    lite: FileName | None = None
    lite_arm: FileName | None = None
    tflite: FileName | None = None
    tensorrt: FileName | None = None
    embedded: FileName | None = None


class Input(Part):
    """An input tensor of the graph.

    Args:
        name: What runtimes call it.
        kind: "image" is the picture after `preprocess`; other kinds are given by the caller.
        shape: N, C, H, W; null where any value goes.
        size: (h, w) that the preprocessing steps give; null where it follows the picture.
    """

    name: str = "x"
    kind: str = "image"
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
    """An output tensor of the graph.

    Args:
        name: What it holds, for people; runtimes may call it otherwise, so the order counts.
        kind: "prob" (N, C, h, w) is the rule; "logits" leaves `activation` to the reader; "argmax" holds class numbers
            and has lost the soft edge; "values" are measures of another kind, such as a depth; "alpha" is a
            matte (N, 1, h, w) in [0, 1], used as it is.
        activation: "softmax" over exclusive classes, or "sigmoid" for a single channel or independent classes.
        multilabel: Every channel is a class of its own, which may hold beside others.
    """

    name: str = "main"
    kind: OutputKind = "prob"
    activation: Literal["softmax", "sigmoid"] = "softmax"
    multilabel: bool = False


class Card(Part):
    """What preprocessing a model wants, what its outputs mean and what is made of them; and what it is worth.

    Args:
        card: The format's version. The first one is read too, and so is PaddleSeg's `deploy.yaml`.
        task: The registered task, "semantic" for masks of classes; `about` says it for people.
        model: The network, as a configuration writes it; needed to build it from `.pdparams`.
        pruned: Of a network with fewer channels than `model` builds, the shapes of the parameters that are smaller.
        inputs, outputs: The graph's tensors, the picture and the main output first.
        preprocess: Steps in order, in the spelling of the configuration's transforms.
        postprocess: Steps in order, from the main output to the result; none written: to the picture's size, then
            the class of the highest probability (of two classes: from a half on).
        classes: Names, background first. Empty where they are not known.
        colors: One [r, g, b] for each class; empty for the standard palette.
        measured: Figures, each with the command that measured it. Nobody needs them to run the model.
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

    card: Literal[2] = 2
    name: str = ""
    task: str = "semantic"
    about: str = ""
    model: Step | None = None
    pruned: dict[str, list[Annotated[int, Field(gt=0)]]] = {}
    files: Files = Files()
    inputs: Annotated[list[Input], Field(min_length=1)] = [Input()]
    preprocess: list[Step] = []
    outputs: Annotated[list[Output], Field(min_length=1)] = [Output()]
    postprocess: list[Step] = []
    classes: list[str] = []
    colors: list[Color] = []
    origin: str = ""
    licence: str = ""
    sources: list[str] = []
    url: Annotated[str, Field(pattern="^(https?://.*)?$")] = ""
    sha256: Annotated[str, Field(pattern="^([0-9a-f]{64})?$")] = ""
    bytes: Annotated[int, Field(gt=0)] | None = None
    intended_use: list[str] = []
    known_failures: list[str] = []
    versions: dict[str, str] = {}
    measured: Measured = Measured()

    @model_validator(mode="before")
    @classmethod
    def _of_any_format(cls, content: Any) -> Any:
        return upgraded(content) if isinstance(content, dict) else content

    @model_validator(mode="after")
    def _agree(self) -> Card:
        if self.colors and len(self.colors) < len(self.classes):
            raise ValueError(f"{len(self.classes)} classes but only {len(self.colors)} colors")
        if self.output.multilabel and self.output.activation != "sigmoid":
            raise ValueError("output.multilabel needs activation: sigmoid")
        _ = self.finish  # whose settings have their ranges
        if self.url and not self.sha256:
            raise ValueError("url needs sha256, which tells whether what was fetched is what the card describes")
        return self

    @property
    def input(self) -> Input:
        """The picture."""
        return self.inputs[0]

    @property
    def output(self) -> Output:
        """The main output."""
        return self.outputs[0]

    @property
    def finish(self) -> Finish:
        """Threshold, smallest part and edge radius, of the steps that have them."""
        return Finish.of(self.postprocess)

    def with_finish(self, **changes: float) -> Card:
        """The card with other settings of the usual steps, such as `threshold=0.4`."""
        return self.model_copy(update={"postprocess": replace(self.finish, **changes).steps()})
