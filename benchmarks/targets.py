"""All published weights and ten general networks for every target, on photos: the table of docs/howto/deploy.md.

python benchmarks/targets.py --photos data/portrait_mini/val.txt --work output/targets

Each row is `paddleseg export --verify` in a process of its own: for all targets together, and where that fails for each
alone. Figures are those of the cards that it writes, and but for times go into those of the published weights; words
are those of its errors. Rows that are there already are kept, so that an interrupted run goes on. General networks have
random weights, and the batch statistics of photos, which keep their logits of a trained network's size: what is proven
is the conversion.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import yaml

from paddleseg import zoo
from paddleseg.card import CARD_NAME, load_card
from paddleseg.card.text import to_yaml
from paddleseg.files import atomic_write_text

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "howto" / "deploy.md"
MARKS = ("<!-- benchmarks/targets.py -->", "<!-- end -->")
TARGETS = ("paddle", "onnx", "openvino", "lite", "tflite", "tensorrt")
PUBLISHED = {
    "portrait": ("portrait_fast_finish", 256),
    "portrait_robust": ("portrait_fast_robust", 256),
    "portrait_accurate": ("portrait_accurate_finish", 208),
    "connectnet": ("portrait_connectnet", 192),
    "pp_humanseg_v1_lite": ("pp_humanseg_lite_mini_portrait", 192),
    "pp_humanseg_v1_mobile": ("human_pp_humansegv1_mobile", 192),
}
GENERAL = {
    "BiSeNetV2": "bisenet_cityscapes_1024x1024_160k",
    "Fast-SCNN": "fastscnn_cityscapes_1024x1024_160k",
    "PP-LiteSeg-T": "configs/pp_liteseg/pp_liteseg_stdc1_cityscapes_1024x512_scale0.5_160k.yml",
    "PP-MobileSeg-T": "pp_mobileseg_tiny_ade20k_512x512_80k",
    "MobileSeg MobileNetV3": "mobileseg_mobilenetv3_cityscapes_1024x512_80k",
    "OCRNet HRNet-W18": "ocrnet_hrnetw18_cityscapes_1024x512_160k",
    "SegFormer-B0": "segformer_b0_cityscapes_1024x1024_160k",
    "STDCSeg-1": "stdc1_seg_cityscapes_1024x512_80k",
    "LR-ASPP MobileNetV3": "lraspp_mobilenetv3_cityscapes_1024x512_80k",
    "DeepLabV3+ ResNet-50": "deeplabv3p_resnet50_os8_cityscapes_1024x512_80k",
}
_GENERAL_SIDE = 128  # of the input: conversions do not depend on it
_LIMIT_S = 900
_TIMES = {"device", "threads", "p50_ms", "p95_ms"}  # other work disturbs them; a card has its own, of a machine at rest
_RANDOM = """
import sys, cv2, numpy as np, paddle
from paddleseg.config.build import Builder
from paddleseg.config.load import load_config
from paddleseg.images.io import read_image
from paddleseg.images.listing import list_images
config, weights, photos, side = sys.argv[1:]
paddle.seed(1)
model = Builder(load_config(config)).untrained_model()
pictures = [cv2.resize(read_image(path), (int(side), int(side))) for path, _ in list_images(photos)]
batch = paddle.to_tensor(np.stack(pictures).transpose(0, 3, 1, 2).astype("float32") / 127.5 - 1)
with paddle.no_grad():
    for _ in range(40):
        model(batch)
paddle.save(model.state_dict(), weights)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", required=True, help="as export --verify")
    parser.add_argument("--work", type=Path, required=True, help="where exports and results are kept")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these rows")
    parser.add_argument("--to", nargs="+", default=TARGETS, metavar="TARGET", help="these targets; others stay empty")
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    results = args.work / "rows.json"
    rows = json.loads(results.read_text()) if results.is_file() else {}
    for name in [*PUBLISHED, *GENERAL]:
        if name not in rows and (not args.only or name in args.only):
            rows[name] = row(name, args.to, args.photos, args.work)
            if name in PUBLISHED:
                record(name, args.work)
            results.write_text(json.dumps(rows, indent=1))
            print(name, rows[name], flush=True)
    PAGE.write_text(placed(PAGE.read_text(encoding="utf-8"), table(rows)), encoding="utf-8")


def row(name: str, targets: Sequence[str], photos: str, work: Path) -> dict[str, str]:
    """What each target says, by its name."""
    config, side = PUBLISHED.get(name) or (GENERAL[name], _GENERAL_SIDE)
    weights = f"{zoo.PREFIX}{name}"
    if name in GENERAL:
        weights = str(work / f"{Path(config).stem}.pdparams")
        command = [sys.executable, "-c", _RANDOM, config, weights, photos, str(_GENERAL_SIDE)]
        subprocess.run(command, check=True, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)})
    command = [sys.executable, "-m", "paddleseg.cli.main", "export", "--config", config, "--model_path", weights]
    command += ["--verify", photos, "--input_shape", "1", "3", str(side), str(side)]
    here = [target for target in targets if target != "tensorrt"]
    found, _ = export(command, here, work / "all" / Path(config).stem)
    for target in targets:
        if target not in found:
            alone, said = export(command, [target], work / target / Path(config).stem)
            found[target] = alone.get(target, said)
    return found


def record(name: str, work: Path) -> None:
    """Put what the exports' cards say of a published network into its own card; the comments at its head stay."""
    stem, path = Path(PUBLISHED[name][0]).stem, zoo.card_path(name)
    found = {}
    for card in (work / kind / stem / CARD_NAME for kind in ("all", *TARGETS)):
        if card.is_file():
            for row in yaml.safe_load(card.read_text())["measured"]["verified_exports"]:
                found[row["target"]] = {key: value for key, value in row.items() if key not in _TIMES}
    text = path.read_text(encoding="utf-8")
    head = itertools.takewhile(lambda line: line.startswith("#"), text.splitlines(keepends=True))
    content = yaml.safe_load(text)
    content["measured"]["verified_exports"] = [found[target] for target in TARGETS if target in found]
    atomic_write_text(path, "".join(head) + to_yaml(content))


def export(command: list[str], targets: list[str], folder: Path) -> tuple[dict[str, str], str]:
    """The cells of what was written, and what an error says."""
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    try:
        whole = [*command, "--to", *targets, "--save_dir", str(folder)]
        done = subprocess.run(whole, capture_output=True, text=True, timeout=_LIMIT_S, check=False, cwd=ROOT, env=env)
    except subprocess.TimeoutExpired:
        return {}, f"takes longer than {_LIMIT_S // 60} minutes"
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if ": " in line and not line.startswith("  hint")]
        return {}, re.sub(r"^\S*/", "", (lines or ["ended without a word"])[-1])  # files without their folders
    rows = load_card(folder)[0].measured.verified_exports
    return {row.target: f"{row.largest_difference:.1e}, {100 * (row.mask_difference or 0):.2g} %" for row in rows}, ""


def table(rows: dict[str, dict[str, str]]) -> str:
    """Markdown; errors stand below it, each once."""
    notes: list[str] = []
    lines = ["| network | input | " + " | ".join(TARGETS) + " |", "|---|---:|" + "---|" * len(TARGETS)]
    for name in (name for name in [*PUBLISHED, *GENERAL] if name in rows):
        cells = rows[name]
        side = PUBLISHED[name][1] if name in PUBLISHED else _GENERAL_SIDE
        shown = []
        for target in TARGETS:
            cell = cells.get(target, "-")
            if not re.match(r"[\d-]", cell):
                if cell not in notes:
                    notes.append(cell)
                cell = f"({notes.index(cell) + 1})"
            shown.append(cell)
        label = f"`{zoo.PREFIX}{name}`" if name in PUBLISHED else name
        lines.append(f"| {label} | {side}x{side} | " + " | ".join(shown) + " |")
    return "\n".join([*lines, "", *(f"{number}. `{note}`" for number, note in enumerate(notes, 1))])


def placed(page: str, content: str) -> str:
    """A page with other content between the two marks."""
    before, _, rest = page.partition(MARKS[0])
    return f"{before}{MARKS[0]}\n{content}\n{MARKS[1]}{rest.partition(MARKS[1])[2]}"


if __name__ == "__main__":
    main()
