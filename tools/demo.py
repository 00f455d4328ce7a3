"""The whole road on the bundled photos: evaluate, fine-tune, evaluate again, look, export, run the export.

`make demo` runs this. Every command is printed before it runs, so that each can be tried by hand.
"""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
CONFIG = "configs/pp_humanseg/portrait_fine_tune_mini.yml"
WEIGHTS = "zoo://portrait"
OUTPUT = Path("output/demo")


def run(*arguments: object) -> None:
    """Print a command and run it; the demo ends where a command fails."""
    command = [str(argument) for argument in arguments]
    shown = command[1:] if command[0] == sys.executable else command
    print(f"\n$ {shlex.join(['python', *shown])}", flush=True)
    code = subprocess.run(command, cwd=ROOT, check=False).returncode
    if code:
        sys.exit(code)


def tool(name: str, *arguments: object) -> None:
    run(sys.executable, f"tools/{name}.py", "--config", CONFIG, "--device", "cpu", *arguments)


def miou(folder: Path) -> float:
    return json.loads((ROOT / folder / "result.json").read_text(encoding="utf-8"))["metrics"]["mIoU"]


def main() -> None:
    started = time.monotonic()
    best, photos = OUTPUT / "train" / "best_model", "data/portrait_mini/val.txt"
    tool("val", "--model_path", WEIGHTS, "--save_dir", OUTPUT / "before")
    tool("train", "--do_eval", "--nproc", "auto", "--save_dir", OUTPUT / "train", "--overwrite")
    tool("val", "--model_path", best, "--save_dir", OUTPUT / "after", "--worst", 4)
    tool("predict", "--model_path", best, "--image_path", photos, "--save_dir", OUTPUT / "predictions")
    for name, background in (("blurred", "blur"), ("green", "#00b140")):
        folder = OUTPUT / f"background_{name}"
        pictures = ("--outputs", "background", "--background", background)
        tool("predict", "--model_path", best, "--image_path", photos, "--save_dir", folder, *pictures)
    run(sys.executable, "tools/export.py", "--config", CONFIG, "--model_path", best, "--save_dir", OUTPUT / "export")
    deployed = (OUTPUT / "export", "--image_path", photos, "--save_dir", OUTPUT / "deployed", "--device", "cpu")
    run(sys.executable, "deploy/python/infer.py", "--config", *deployed)

    print(
        f"""
Done in {(time.monotonic() - started) / 60:.1f} minutes. What is in {OUTPUT}:
  before, after           mIoU on 27 photos: {miou(OUTPUT / "before"):.4f} with {WEIGHTS},
                          {miou(OUTPUT / "after"):.4f} after 80 steps on 79 others; after/worst shows the 4 worst
  train/best_model        the trained weights
  predictions             masks and overlays
  background_*            the photos with another background
  export                  the network for deployment (Paddle Inference) with its card, inference.yml
  deployed                masks that the exported network gave"""
    )


if __name__ == "__main__":
    main()
