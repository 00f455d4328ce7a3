"""The typed form of a run's configuration: what keys there are, their types, ranges and defaults."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, field_validator

from paddleseg.config.tree import Node, Origin, dotted, with_origins
from paddleseg.device import split_device
from paddleseg.errors import ConfigError, DeviceError, Problem

Value = TypeVar("Value")


def _not_bool(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("should be a number, not true or false")
    return value


def _device(value: str) -> str:
    try:
        split_device(value)
    except DeviceError as error:
        raise ValueError(error.problems[0].what) from error
    return value


_MANY = 10**9  # more steps, images or workers than anybody means
Count = Annotated[int, Field(gt=0, le=_MANY), BeforeValidator(_not_bool)]
NonNegative = Annotated[int, Field(ge=0, le=_MANY), BeforeValidator(_not_bool)]
Workers = Annotated[int, Field(ge=0, le=1024), BeforeValidator(_not_bool)]
Seed = Annotated[int, Field(ge=0, lt=2**32), BeforeValidator(_not_bool)]
Share = Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False), BeforeValidator(_not_bool)]
Finite = Annotated[float, Field(allow_inf_nan=False), BeforeValidator(_not_bool)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False), BeforeValidator(_not_bool)]
Color = Annotated[
    list[Annotated[int, Field(ge=0, le=255), BeforeValidator(_not_bool)]], Field(min_length=3, max_length=3)
]
# (w, h) as YAML writes sizes.
SizeWH = Annotated[list[Count], Field(min_length=2, max_length=2)]


class Section(BaseModel):
    """A part of the file whose keys are all known."""

    # The line below an attribute describes it, here and in the JSON schema.
    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class Component(BaseModel):
    """A registered thing by name, with its constructor's arguments beside `type`."""

    model_config = ConfigDict(extra="allow")

    type: str = ""

    @property
    def args(self) -> dict[str, Any]:
        return dict(self.model_extra or {})


def _as_component(value: Any) -> Any:
    return {"type": value} if isinstance(value, str) else value


def _as_list(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


class LossSection(Section):
    """`types` and `coef` line up with the model's outputs; a single entry serves all of them."""

    types: Annotated[
        list[Annotated[Component, BeforeValidator(_as_component)]], BeforeValidator(_as_list), Field(min_length=1)
    ]
    """The loss of each output."""
    coef: Annotated[list[Finite], BeforeValidator(_as_list), Field(min_length=1)] = [1.0]
    """The weight of each output's loss in the sum."""


class FeatureSection(Section):
    """A loss between what a layer of the model gives and what one of the teacher does, by the layers' dotted names."""

    student: str
    """The model's layer, such as decoder.fuse."""
    teacher: str | None = None
    """The teacher's; without it, the layer of the same name."""
    loss: Annotated[Component, BeforeValidator(_as_component)]
    """ChannelWiseLoss, PairWiseLoss, MSELoss or another one that takes both maps."""
    coef: Finite = 1.0
    """Its weight in the sum."""


class TestSection(Section):
    """How `val` and `predict` run when their flags do not say otherwise."""

    aug_eval: bool = False
    """Average over `scales` and flips."""
    scales: Annotated[list[Positive], BeforeValidator(_as_list)] = [1.0]
    """Factors of the network's input size."""
    flip_horizontal: bool = False
    """Add the picture mirrored left to right."""
    flip_vertical: bool = False
    """Add the picture turned upside down."""
    is_slide: bool = False
    """Run a window over the picture instead of all at once."""
    crop_size: SizeWH | None = None
    """The window, [w, h]."""
    stride: SizeWH | None = None
    """The window's steps, [w, h]."""
    auc_roc: bool = False
    """Report the area under the ROC curve too."""
    use_multilabel: bool = False
    """A pixel may belong to several classes."""


class ExportSection(Section):
    """What `export` writes beside the graph."""

    transforms: list[Component] = []
    """Preprocessing of the deployed model; without it, that of `val_dataset`."""
    input_shape: list[int] | None = None
    """[N, C, H, W]; -1 leaves a side open."""
    output_op: Literal["argmax", "softmax", "none"] | None = None
    """What the graph ends in."""
    class_names: list[str] = []
    """The classes in order, background first; without it, as the data set says."""
    colors: list[Color] = []
    """[r, g, b] of each class, for coloured masks; without it, as the data set says, or PASCAL VOC's."""
    postprocess: list[Component] = []
    """Steps from the network's output to the mask, in the place of the four keys below."""
    threshold: Annotated[float, Field(gt=0, lt=1), BeforeValidator(_not_bool)] = 0.5
    """Of two classes, or of independent ones: probability from which a pixel is foreground."""
    smallest_part: Share = 0
    """Of two classes: pieces of foreground smaller than this share of the largest one become background."""
    faintest_part: Share = 0
    """Of two classes: pieces of foreground whose probability is nowhere above this become background."""
    edge_radius: Annotated[float, Field(ge=0, allow_inf_nan=False), BeforeValidator(_not_bool)] = 0
    """Of two classes: pixels of the network's input around a pixel, where the photo shows how the mask's edge runs."""


class EmaSection(Section):
    """Exponential moving average of the weights."""

    decay: Share = 0.999
    """Share of the old average that each step keeps."""
    warmup: bool = True
    """Keep less in the first steps, so that the start is forgotten sooner."""


class TrainSection(Section):
    """The trainer's settings; each has a flag of the same name on `train`, and the flag wins."""

    precision: Literal["fp32", "fp16"] = "fp32"
    """fp16: mixed precision, on a GPU."""
    amp_level: Literal["O1", "O2"] = "O1"
    """How much of the network fp16 takes."""
    accumulate_steps: Count = 1
    """Batches whose gradients one update averages."""
    freeze_norm: bool = False
    """Keep the batch-norm statistics of the pretrained weights: for fine-tuning on a few dozen pictures."""
    allow_partial: bool = False
    """Start from what fits of `pretrained` weights, and say what did not, instead of ending with an error."""
    ema: EmaSection | None = None
    """Evaluate and keep a moving average of the weights; `true` takes its defaults."""
    early_stop_intervals: Count | None = None
    """Stop after so many evaluations without a better mIoU."""
    log_iters: Count = 10
    """Steps between log lines."""
    keep_checkpoint_max: Count = 5
    """Checkpoints that stay on disk."""
    num_workers: Workers = 0
    """Processes that read images; does not change the result."""
    on_error: Literal["raise", "skip"] = "raise"
    """skip: take the next image in place of one that cannot be used, and name it, instead of ending the run."""
    aspect_buckets: list[SizeWH] = []
    """[w, h] of batches of several shapes; an image goes where its shape fits best, and the transforms end there."""
    cache: Literal["ram", "disk"] | None = None
    """Keep images decoded, and past the transforms in front that draw nothing."""
    cache_dir: str = "output/cache"
    """Where `cache: disk` keeps them."""
    cache_gb: Positive = 4.0
    """Gigabytes at most; what finds no room is read from its file."""
    device: Annotated[str, AfterValidator(_device)] | None = None
    """Where to train, such as gpu, gpu:1 or npu; not given: the GPU where there is one."""

    @field_validator("ema", mode="before")
    @classmethod
    def _switch(cls, value: Any) -> Any:
        return ({} if value else None) if isinstance(value, bool) else value


class RunConfig(Section):
    """One run: data, model, losses, schedule. `load_config` makes it; `paddleseg.config.build` turns it into objects.

    Attributes that stay None were not in the file; `need` names the ones that a command cannot do without.
    """

    task: str = "semantic"
    """What kind of answer the model gives: masks of classes, or a registered task's."""
    batch_size: Count = 1
    """Images of one step."""
    iters: Count | None = None
    """Steps of the whole run."""
    save_interval: Count | None = None
    """Steps between checkpoints (and evaluations, with --do_eval)."""
    seed: Seed | None = None
    """Of weights, order, augmentation and dropout."""
    train_dataset: Component | None = None
    val_dataset: Component | None = None
    test_dataset: Component | None = None
    model: Component | None = None
    loss: LossSection | None = None
    teacher: Component | None = None
    """A trained network, with its `pretrained`, whose answers `distill_loss` holds against the model's."""
    distill_loss: LossSection | None = None
    """Losses between student and teacher, in the form of `loss`: the first for the main outputs, and so on."""
    distill_features: list[FeatureSection] = []
    """Losses between feature maps of student and teacher."""
    optimizer: Component | None = None
    lr_scheduler: Component | None = None
    train: TrainSection = Field(default_factory=TrainSection)
    test_config: TestSection = Field(default_factory=TestSection)
    export: ExportSection = Field(default_factory=ExportSection)
    to_static_training: bool = False
    """Train the compiled graph instead of step by step."""
    plugins: Annotated[list[str], BeforeValidator(_as_list)] = []
    """Python files with components of your own, relative to the file that names them."""

    _tree: Node = PrivateAttr(default=Node({}, Origin("")))

    def attach(self, tree: Node) -> None:
        """Remember the tree that this was made from, for messages."""
        self._tree = tree

    @property
    def path(self) -> str:
        """The file this was read from."""
        return self._tree.origin.file

    def origin(self, *path: Any) -> Origin:
        """The file and line that wrote a value, or the nearest enclosing key that is written."""
        return self._tree.find(path).origin

    def to_dict(self) -> dict[str, Any]:
        """All settings as plain dicts and lists, defaults included."""
        return self.model_dump()

    def resolved_tree(self) -> Node:
        """All settings with where each was written; the origin of what no file wrote is `default`."""
        return with_origins(self.to_dict(), self._tree, Origin("default"))

    def where(self, *path: Any) -> str:
        """`file:line: key.path`, for messages; the line of the nearest enclosing key where the key is not written."""
        return where(self._tree, path)

    def need(self, name: str, value: Value | None) -> Value:
        """`value`, or a `ConfigError` that says that the file has no `name`."""
        if value is None:
            self.require(name)
        return value  # type: ignore[return-value]  # `require` has raised where it is None

    def require(self, *names: str) -> None:
        """Refuse a file that lacks any of these top-level keys, naming all that it lacks."""
        lacking = [name for name in names if getattr(self, name) is None]
        if lacking:
            hint = "add it, or take it from a _base_ file"
            raise ConfigError([Problem(self.path, f"{name} is not set", hint) for name in lacking])


def where(tree: Node, path: Sequence[Any]) -> str:
    """`file:line: key.path` of a place in a tree."""
    return f"{tree.find(path).origin}: {dotted(path)}"
