"""Exported graphs in 8 bits with their proof: on all runtimes, or refused and not there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from paddle import nn
from rich.console import Console

from paddleseg.card import Card
from paddleseg.errors import ConfigError
from paddleseg.export.export import Exported, export_model
from paddleseg.export.quantize.observe import of_all_shapes
from paddleseg.export.quantize.recipe import Recipe
from paddleseg.slim.proof import Margin, Proof

_COMPARED = 24  # photos of the proof on which runtimes are also compared value by value, and timed


def require_others(photos: Sequence[Path], proof: Proof) -> None:
    """Refuse to learn from the photos that the result is judged on.

    Raises:
        ConfigError: Some are the same.
    """
    if same := {path.resolve() for path in photos} & {path.resolve() for path in proof.photos}:
        what = f"has {len(same)} of the photos that the result is judged on"
        raise ConfigError("calibration", what, "calibrate on others, such as those of training")


def write_proven(
    model: nn.Layer,
    card: Card,
    save_dir: Path,
    proof: Proof,
    photos: Sequence[Path],
    recipe: Recipe,
    margin: Margin,
    hint: Callable[[], str],
    *,
    to: Sequence[str] = (),
    command: str = "",
    console: Console,
) -> Exported:
    """Export `model` in 8 bits, unless it loses too much.

    Args:
        photos: What ranges are learnt from.
        hint: What to do where it does.

    Raises:
        ExportError: It does, in one of the runtimes.
    """

    def check(folder: Path) -> None:
        proof.measure(folder)
        console.print(proof.table())
        proof.require(margin, hint)

    return export_model(
        model,
        card,
        save_dir,
        to=["onnx", *to],
        photos=of_all_shapes(proof.photos, _COMPARED),
        calibration=photos,
        precision="int8",
        recipe=recipe,
        most_lost=1.0,  # labels judge, not how alike the masks are
        command=command,
        check=check,
    )
