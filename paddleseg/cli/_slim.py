"""What the methods of `paddleseg slim` that write graphs in 8 bits share."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

    from paddleseg.card import Card
    from paddleseg.config.schema import RunConfig
    from paddleseg.export.export import Exported
    from paddleseg.slim.proof import Proof


def calibration_photos(args: argparse.Namespace) -> list[Path]:
    """Those of `--calibrate`, or else of `train_dataset`."""
    from paddleseg.config.build import Builder
    from paddleseg.config.load import load_config
    from paddleseg.images.io import list_images

    if args.calibrate:
        return [path for path, _ in list_images(args.calibrate)]
    cfg = load_config(args.config, [*args.opts, "train_dataset.transforms=[]"])  # which may need more files
    cfg.require("train_dataset")
    return [entry[0] for entry in Builder(cfg).dataset("train").entries]


def proof_of(cfg: RunConfig, model: Any, card: Card) -> tuple[Proof, Console]:
    """The photos of `val_dataset` with the float network's figures, and where to print."""
    from rich.console import Console

    from paddleseg.assemble import task_of
    from paddleseg.config.build import Builder
    from paddleseg.inference.predictor import Predictor
    from paddleseg.slim.proof import Proof

    cfg.require("val_dataset")
    console = Console(soft_wrap=True)
    dataset, predictor = Builder(cfg).dataset("val"), Predictor.from_model(model, card)
    return Proof(predictor, dataset, task_of(cfg), show=console.is_terminal), console


def say_written(save_dir: Path, done: Exported) -> None:
    graph = save_dir / str(done.card.files.onnx)
    print(f"{graph}: {graph.stat().st_size:,} bytes")
