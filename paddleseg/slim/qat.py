"""Quantisation-aware training: our trainer, with the rounding of 8 bits in the network and the float one as teacher."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from paddle import nn
from pydantic import Field, ValidationError
from rich.console import Console

from paddleseg.card import Card
from paddleseg.config.schema import Count, Section
from paddleseg.config.yaml_io import dump, read_tree
from paddleseg.errors import ConfigError, few
from paddleseg.export.export import Exported
from paddleseg.export.quantize.observe import OBSERVERS, Observer
from paddleseg.export.quantize.recipe import PHOTOS, Recipe, named
from paddleseg.files import atomic_write_text
from paddleseg.slim.fake import fake_quantise
from paddleseg.slim.proof import Margin, Proof
from paddleseg.slim.sweep import Sweep
from paddleseg.slim.write import require_others, write_proven

PLAN = "int8.yml"
"""Beside the checkpoints: which layers are in 8 bits, and their ranges."""


class Qat(Section):
    """What `paddleseg slim qat` can be told."""

    observers: Annotated[list[Observer], Field(min_length=1)] = list(OBSERVERS)  # noqa: RUF012 - pydantic copies it
    """What ranges are made of; of several, the one whose answers are nearest is taken."""
    weight_bits: Literal[7, 8] = 7
    """8 clips sums on processors with AVX2 and without VNNI; see docs/howto/slim.md."""
    keep: list[str] = []  # noqa: RUF012
    """Layers that stay in float (`*` for anything)."""
    photos: Count = 2 * PHOTOS
    """Photos, of all shapes, that ranges are learnt from."""
    margin: Margin = Margin()
    """What the exported graph may lose on `val_dataset`; more is refused."""


class Plan(Section):
    """What a run trains for."""

    observer: Observer
    weight_bits: Literal[7, 8]
    keep: list[str]
    ranges: dict[str, tuple[float, float]]
    """Of the layers' inputs."""


@dataclass(frozen=True)
class Preparation:
    """Gives a run's network its rounding; a run that is resumed keeps the plan it began with."""

    card: Card
    photos: Sequence[Path]
    settings: Qat
    save_dir: Path
    anew: bool

    def __call__(self, model: nn.Layer) -> None:
        file = self.save_dir / PLAN
        if file.is_file() and not self.anew:
            plan = read_plan(file)
        else:
            plan = plan_of(model, self.card, self.photos, self.settings)
            atomic_write_text(file, dump(plan.model_dump(mode="json")))
        missing = fake_quantise(model, plan.ranges, plan.weight_bits)
        trained = len(plan.ranges) - len(missing)
        print(f"{trained} layers are trained in 8 bits, {len(plan.keep)} stay in float; ranges by {plan.observer}.")
        if missing:
            print(f"Not trained for 8 bits, since they are no convolutions of the network in memory: {few(missing)}.")


def plan_of(model: nn.Layer, card: Card, photos: Sequence[Path], settings: Qat) -> Plan:
    """Ranges of a float network's values on photos.

    Raises:
        ConfigError: `keep` names what is not there.
        DataError: A photo cannot be read.
    """
    sweep = Sweep.of_model(model, card, photos, settings.photos, settings.weight_bits)
    observer = sweep.best(settings.observers)
    kept = named(sweep.layers, settings.keep)
    wanted = [layer for layer in sweep.layers if layer not in kept]
    ranges = {layer.name: sweep.histograms[layer.input].range(observer) for layer in wanted}
    names = [layer.name for layer in kept]
    return Plan(observer=observer, weight_bits=settings.weight_bits, keep=names, ranges=ranges)


def read_plan(file: Path) -> Plan:
    """A plan as a run wrote it.

    Raises:
        ConfigError: There is none, or it is damaged.
    """
    if not file.is_file():
        raise ConfigError(str(file), "is not there", "give --model_path a checkpoint of paddleseg slim qat")
    try:
        return Plan.model_validate(read_tree(file).plain())
    except ValidationError as error:
        raise ConfigError(str(file), "is not what slim qat wrote", "train anew") from error


def export(
    model: nn.Layer,
    card: Card,
    save_dir: Path,
    proof: Proof,
    photos: Sequence[Path],
    plan: Plan,
    margin: Margin,
    *,
    to: Sequence[str] = (),
    command: str = "",
    console: Console,
) -> Exported:
    """Write a trained network in 8 bits, by the ranges that it was trained with.

    Args:
        photos: What the ranges of those values are learnt from that training did not round.

    Raises:
        ExportError: More is lost than the margin.
    """
    require_others(photos, proof)
    recipe = Recipe(plan.observer, plan.weight_bits, tuple(plan.keep), ranges=plan.ranges)
    hint = "train longer, or keep layers in float, as paddleseg slim quantize finds them; nothing has been written"
    return write_proven(
        model, card, save_dir, proof, photos, recipe, margin, lambda: hint, to=to, command=command, console=console
    )
