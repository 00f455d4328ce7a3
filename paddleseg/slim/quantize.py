"""Post-training quantisation: a trained network's convolutions in 8 bits, those left in float that do not bear it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from paddle import nn
from pydantic import Field
from rich.console import Console

from paddleseg.card import Card
from paddleseg.config.schema import Count, Section, Share
from paddleseg.export.export import Exported
from paddleseg.export.quantize.graph import Layer
from paddleseg.export.quantize.observe import OBSERVERS, Observer
from paddleseg.export.quantize.recipe import PHOTOS, Recipe, named
from paddleseg.slim import report
from paddleseg.slim.proof import Margin, Proof
from paddleseg.slim.sweep import Row, Sweep
from paddleseg.slim.write import require_others, write_proven

_NAMED = 5


class Quantize(Section):
    """What `paddleseg slim quantize` can be told."""

    observers: Annotated[list[Observer], Field(min_length=1)] = list(OBSERVERS)  # noqa: RUF012 - pydantic copies it
    """What ranges are made of; of several, the one whose answers are nearest is taken."""
    weight_bits: Literal[7, 8] = 7
    """8 clips sums on processors with AVX2 and without VNNI; see docs/howto/slim.md."""
    keep: Literal["auto"] | list[str] = "auto"
    """Layers that stay in float (`*` for anything); auto: those that a sweep finds too sensitive."""
    agreement: Annotated[float, Field(ge=0, le=100)] = 0.8
    """For auto: points of mIoU that masks may lack to the float network's, on the photos of the sweep."""
    most_kept: Share = 0.3
    """Of all weights, the share that auto may leave in float."""
    photos: Count = 2 * PHOTOS
    """Photos, of all shapes, for ranges and sweep."""
    margin: Margin = Margin()
    """What may be lost on `val_dataset`; more is refused."""


@dataclass(frozen=True)
class Quantized:
    """What was written, and how it came about: layers most sensitive first, those in float among them."""

    exported: Exported
    observer: Observer
    rows: list[Row]
    kept: list[Layer]


def quantize(
    model: nn.Layer,
    card: Card,
    save_dir: Path,
    proof: Proof,
    photos: Sequence[Path],
    settings: Quantize,
    *,
    to: Sequence[str] = (),
    command: str = "",
    console: Console,
) -> Quantized:
    """Write `model` with its convolutions in 8 bits, with its proof; or refuse.

    Args:
        proof: Photos with labels; none of them may be among `photos`.
        photos: What ranges are learnt from, and the sensitive layers found on.
        to: Targets beside ONNX.
        command: What the card says that made these figures.

    Raises:
        ExportError: More is lost than the settings allow; the message names the layers to keep in float.
        ConfigError: `photos` are those of the proof, or `keep` names what is not there.
    """
    require_others(photos, proof)
    show = console.is_terminal
    sweep = Sweep.of_model(model, card, photos, settings.photos, settings.weight_bits)
    observer = sweep.best(settings.observers)
    rows = sweep.alone(observer, show=show)
    if settings.keep == "auto":
        kept = sweep.keep(rows, observer, settings.agreement / 100, settings.most_kept)
    else:
        kept = named(sweep.layers, settings.keep, "keep")
    console.print(report.table(rows, kept))
    console.print(f"Ranges by {observer}; {len(sweep.layers) - len(kept)} of {len(sweep.layers)} layers in 8 bits.")
    names = tuple(layer.name for layer in kept)
    recipe = Recipe(observer, settings.weight_bits, names, settings.photos // 2)
    done = write_proven(
        model,
        card,
        save_dir,
        proof,
        photos,
        recipe,
        settings.margin,
        lambda: _more(rows, kept),
        to=to,
        command=command,
        console=console,
    )
    report.write(save_dir, rows, kept)
    return Quantized(done, observer, rows, kept)


def _more(rows: Sequence[Row], kept: Collection[Layer]) -> str:
    """Which layers to keep in float."""
    next_ones = [row.layer for row in rows if row.layer not in kept][:_NAMED]
    names = ",".join(layer.name for layer in [*kept, *next_ones])
    return f"keep the most sensitive layers in float: --slim 'keep=[{names}]'; nothing has been written"
