"""What is fed with nonsense. A target takes a generator and an empty folder; it may raise `UserError`, nothing else."""

from __future__ import annotations

import contextlib
import io
import os
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import yaml

from paddleseg import zoo
from paddleseg.card import Card, read_card
from paddleseg.cli.main import main
from paddleseg.config.build import Builder
from paddleseg.config.load import load_config
from paddleseg.config.yaml_io import dump
from paddleseg.datasets.base import Dataset
from paddleseg.errors import UserError
from paddleseg.images.io import image_size, list_images, read_image, read_label
from paddleseg.inference.post.chain import Chain
from paddleseg.inference.preprocess import Preprocessor
from tests.fuzz.nonsense import VALUES, mutated_bytes, mutated_text, mutated_tree

ROOT = Path(__file__).parents[2]
MINI = ROOT / "data" / "portrait_mini"
LITE = zoo.weights_path("pp_humanseg_v1_lite")

Target = Callable[[random.Random, Path], None]
TARGETS: dict[str, Target] = {}


def target(function: Target) -> Target:
    TARGETS[function.__name__] = function
    return function


def _run() -> dict:
    """A run of one step on bundled photos, small enough to be taken at its word."""
    data = {"type": "Dataset", "dataset_root": str(MINI), "num_classes": 2}
    steps = [{"type": "Resize", "target_size": [32, 32]}]
    moves = [{"type": "RandomHorizontalFlip", "prob": 0.5}, {"type": "RandomRotation", "max_rotation": 10}]
    ends = [{"type": "RandomPaddingCrop", "crop_size": [32, 32]}, {"type": "Normalize", "mean": [0.5], "std": [0.5]}]
    return {
        "batch_size": 2,
        "iters": 1,
        "seed": 0,
        "model": {"type": "PPHumanSegLite", "align_corners": False},
        "train_dataset": {**data, "train_path": str(MINI / "train.txt"), "transforms": [*steps, *moves, *ends]},
        "val_dataset": {**data, "val_path": str(MINI / "val.txt"), "transforms": [*steps, ends[1]]},
        "loss": {"types": [{"type": "CrossEntropyLoss"}], "coef": [1]},
        "optimizer": {"type": "SGD", "momentum": 0.9, "weight_decay": 0.0005},
        "lr_scheduler": {"type": "PolynomialDecay", "learning_rate": 0.01, "power": 0.9, "warmup_iters": 0},
        "train": {"num_workers": 0, "accumulate_steps": 1, "ema": {"decay": 0.9}, "aspect_buckets": [[32, 32]]},
        "export": {"threshold": 0.5, "smallest_part": 0.02, "edge_radius": 2},
    }


@target
def config(rng: random.Random, folder: Path) -> None:
    """What is accepted must train a step."""
    from paddleseg.engine.run import train

    tree = _run()
    for _ in range(rng.randint(1, 3)):
        tree = mutated_tree(rng, tree)
    file = folder / "c.yml"
    with contextlib.suppress(yaml.YAMLError, UnicodeEncodeError, TypeError):  # what cannot be written is no test
        file.write_text(dump(tree), encoding="utf-8")
    if file.is_file():
        cfg = load_config(file)
        if (cfg.iters or 0) < 4 and cfg.batch_size < 8 and cfg.train.accumulate_steps < 4:
            train(cfg, save_dir=folder / "out")


@target
def yaml_text(rng: random.Random, folder: Path) -> None:
    text = (ROOT / "configs/pp_humanseg/pp_humanseg_lite_mini_portrait.yml").read_text(encoding="utf-8")
    (folder / "c.yml").write_text(mutated_text(rng, text), encoding="utf-8")
    load_config(folder / "c.yml")


@target
def yaml_bytes(rng: random.Random, folder: Path) -> None:
    content = (ROOT / "configs/pp_humanseg/portrait_fine_tune.yml").read_bytes()
    (folder / "c.yml").write_bytes(mutated_bytes(rng, content))
    load_config(folder / "c.yml")


@target
def opts(rng: random.Random, folder: Path) -> None:
    keys = ["iters", "model.type", "train.ema", "loss.types.0", "export.colors", "a.b.c", "", ".", "model.", "task"]
    texts = [f"{rng.choice(keys)}={mutated_text(rng, str(rng.choice(VALUES)))}" for _ in range(2)]
    Builder(load_config(ROOT / "configs/pp_humanseg/pp_humanseg_lite_mini_portrait.yml", texts)).transforms(
        "val_dataset"
    )


@target
def pictures(rng: random.Random, folder: Path) -> None:
    source = rng.choice([*MINI.glob("images/*.jpg"), *MINI.glob("masks/*.png")])
    file = folder / f"p{rng.choice(('.jpg', '.png', '.webp', '.tif', '', '.gif'))}"
    file.write_bytes(mutated_bytes(rng, source.read_bytes()))
    for read in (read_image, read_label, image_size, list_images):
        with contextlib.suppress(UserError):
            read(file)


@target
def weights(rng: random.Random, folder: Path) -> None:
    from paddleseg.models import PPHumanSegLite
    from paddleseg.models.weights import load_weights

    (folder / "w.pdparams").write_bytes(mutated_bytes(rng, LITE.read_bytes()))
    load_weights(PPHumanSegLite(), folder / "w.pdparams")


@target
def cards(rng: random.Random, folder: Path) -> None:
    """What is accepted must prepare a picture and finish a mask."""
    content = yaml.safe_load(zoo.card_path("portrait").read_text(encoding="utf-8"))
    (folder / "inference.yml").write_text(yaml.safe_dump(mutated_tree(rng, content)), encoding="utf-8")
    card: Card = read_card(folder / "inference.yml")
    photo = np.zeros((40, 30, card.input.channels), np.uint8)
    prepare, finish = Preprocessor(card.preprocess), Chain(card)
    tensor, geometry = prepare(photo)
    if card.output.kind != "argmax":
        classes = max(len(card.classes), 1)
        finish(np.full((classes, *tensor.shape[1:]), 0.5, np.float32), photo, geometry, card.output)


@target
def lists(rng: random.Random, folder: Path) -> None:
    text = (MINI / "val.txt").read_text(encoding="utf-8")
    (folder / "val.txt").write_bytes(mutated_bytes(rng, text.encode())[:400])
    separator = rng.choice((" ", ",", "\t", "|", "", "  "))
    with contextlib.suppress(ValueError):  # of a constructor's argument
        data = Dataset("val", MINI, [], 2, val_path=folder / "val.txt", separator=separator)
        data.read(rng.randrange(len(data)))


@target
def flags(rng: random.Random, folder: Path) -> None:
    """Every exit code but 0 and 2 is a fault."""
    photo = str(next(MINI.glob("images/*.jpg")))
    given = {
        "predict": ["--model_path", "zoo://portrait", "--image_path", photo, "--save_dir", str(folder / "o")],
        "config": ["check", str(ROOT / "configs/pp_humanseg/portrait_fine_tune.yml")],
        "data": ["split", str(MINI), "images", "masks", "--split", "0.8", "0.2", "0"],
        "zoo": ["show", "portrait"],
    }
    name = rng.choice(list(given))
    arguments = [name, *given[name]]
    for _ in range(rng.randint(1, 3)):
        place = rng.randrange(1, len(arguments) + 1)
        words = [str(rng.choice(VALUES)), "--opts", "--outputs", "--mask_values", "--background", "--device", "-1"]
        arguments[place:place] = [rng.choice(words).replace("\0", "")[:200]]
    if name == "data":  # which writes lists: into a folder of its own
        arguments = [str(folder) if word == str(MINI) else word for word in arguments]
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            code = main(arguments)
        except SystemExit as end:  # argparse's
            code = end.code if isinstance(end.code, int) else 2
    assert code in (0, 2), f"exit code {code}: {arguments}"


def run(name: str, seed: int, folder: Path) -> None:
    """One case; the working directory is its folder, so that nothing can be written elsewhere."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            TARGETS[name](random.Random(f"{name} {seed}"), folder)
    except UserError:
        pass
    finally:
        os.chdir(before)
