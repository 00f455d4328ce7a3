"""Ten networks of unlike families on CamVid, from random weights: the same steps, pictures and optimizer for all.

    python benchmarks/families.py --data data/camvid --work output/families

Each is trained by `paddleseg train` in a process of its own and measured on the validation pictures every 100 steps.
When the command is given again, one that is done is passed over, and one that was stopped goes on. A table is printed;
`tools/plot_log.py output/families/*.log --output families.png` draws the curves. So few steps rank nothing: what is
shown is that each learns, and what a step of it costs.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from paddleseg.config import load_config
from paddleseg.files import atomic_write_text
from paddleseg.program import reports_mistakes

ROOT = Path(__file__).resolve().parent.parent
BASES = [str(ROOT / "configs" / "_base_" / name) for name in ("camvid_cpu.yml", "camvid.yml")]
STEPS = 300
# The recipe whose `model` section is taken, without weights, and what kind of network it is.
FAMILIES = {
    "fastscnn/fastscnn_cityscapes_1024x1024_160k.yml": "learns to down-sample, two branches",
    "bisenet/bisenet_cityscapes_1024x1024_160k.yml": "two branches, guided aggregation",
    "pp_liteseg/pp_liteseg_stdc1_cityscapes_1024x512_scale0.5_160k.yml": "encoder and light decoder",
    "enet/enet_cityscapes_1024x512_80k.yml": "bottlenecks, large encoder, small decoder",
    "espnet/espnet_cityscapes_1024x512_120k.yml": "pyramids of dilated depth-wise convolutions",
    "lraspp/lraspp_mobilenetv3_cityscapes_1024x512_80k.yml": "mobile classifier with a light head",
    "segformer/segformer_b0_cityscapes_1024x1024_160k.yml": "transformer",
    "segnext/segnext_mscan_t_cityscapes_1024x1024_160k.yml": "convolutions as attention",
    "topformer/topformer_tiny_ade20k_512x512_160k.yml": "tokens of a mobile network, attention among them",
    "rtformer/rtformer_slim_cityscapes_1024x512_120k.yml": "two resolutions, linear attention",
}
_LOSS = re.compile(r"iter: (\d+)/\d+, loss: ([\d.]+)")
_SCORE = re.compile(r"\[EVAL\] #Images: \d+ mIoU: ([\d.]+)")
_SPENT = re.compile(r"^CPU s: ([\d.]+)$", re.MULTILINE)


def config(recipe: str, data: Path, batch: int) -> dict[str, Any]:
    """CamVid's small recipe with the network of another recipe."""
    model = load_config(ROOT / "configs" / recipe).to_dict()["model"]
    for part in (model, model.get("backbone", {})):
        part.pop("pretrained", None)
        part.pop("lr_mult", None)  # a backbone that knows something is trained slowly; these know nothing
    return {
        "_base_": BASES,
        "batch_size": batch,
        "iters": STEPS,
        "save_interval": 100,
        "train_dataset": {"dataset_root": str(data)},
        "val_dataset": {"dataset_root": str(data)},
        "model": model | {"num_classes": 11},
        "optimizer": {"_inherited_": False, "type": "AdamW", "weight_decay": 0.01},
        "lr_scheduler": {"learning_rate": 0.001, "warmup_iters": 30},
    }


def train(recipe: str, data: Path, batch: int, work: Path) -> Path:
    """Train one, unless its log says that this was done; the log."""
    name = Path(recipe).parts[0]
    log, file = work / f"{name}.log", work / f"{name}.yml"
    if log.is_file() and _SPENT.search(log.read_text(encoding="utf-8")):
        return log
    atomic_write_text(file, yaml.safe_dump(config(recipe, data, batch), sort_keys=False))
    command = [
        sys.executable,
        "-m",
        "paddleseg.cli.main",
        "train",
        "--config",
        str(file),
        "--save_dir",
        str(work / name),
    ]
    command += ["--do_eval", "--resume", "auto", "--device", "cpu", "--skip_data_check"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with log.open("a", encoding="utf-8") as stream:
        done = subprocess.run(command, stdout=stream, stderr=subprocess.STDOUT, env=os.environ, check=False, cwd=ROOT)
        spent = resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode == 0:
            seconds = spent.ru_utime + spent.ru_stime - before.ru_utime - before.ru_stime
            stream.write(f"CPU s: {seconds:.0f}\n")
    return log


def row(recipe: str, kind: str, log: Path) -> str:
    """What a log says of a network."""
    text = log.read_text(encoding="utf-8")
    losses = [float(loss) for _, loss in _LOSS.findall(text)]
    scores = [float(score) for score in _SCORE.findall(text)]
    spent = _SPENT.search(text)
    if spent is None or len(losses) < 3 or not scores:
        return f"| {recipe} | {kind} | did not end: see {log} | | | |"
    figures = f"{losses[0]:.2f} | {losses[-1]:.2f} | {100 * scores[-1]:.1f} | {float(spent[1]) / STEPS:.1f}"
    return f"| `{recipe}` | {kind} | {figures} |"


@reports_mistakes
def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder of CamVid (docs/reference/datasets.md)")
    parser.add_argument("--work", type=Path, required=True, help="folder for configurations, logs and checkpoints")
    parser.add_argument("--batch_size", type=int, default=4)
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    logs = {recipe: train(recipe, args.data.resolve(), args.batch_size, args.work.resolve()) for recipe in FAMILIES}
    print("| recipe of the network | family | loss, first | loss, last | mIoU, % | CPU s a step |")
    print("|---|---|---:|---:|---:|---:|")
    for recipe, log in logs.items():
        print(row(recipe, FAMILIES[recipe], log))
    return 0


if __name__ == "__main__":
    sys.exit(main())
