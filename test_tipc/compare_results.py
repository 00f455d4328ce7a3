"""Compare the masks that whole_infer has written with the figures kept in test_tipc/results.

    python test_tipc/compare_results.py --metric_file 'test_tipc/results/*.txt' --num_classes 2 \
        --predict_dir 'test_tipc/output/pphumanseg_lite/whole_infer/python_infer_*_results' \
        --gt_dir test_tipc/data/portrait_mini/masks

Figures and masks belong together by the precision in their names: fp32, fp16 or int8.
"""

from __future__ import annotations

import argparse
import glob
import re
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from paddleseg.errors import DataError, few
from paddleseg.files import read_bytes
from paddleseg.images.io import read_label
from paddleseg.metrics.segmentation import Confusion
from paddleseg.program import reports_mistakes

# PaddleSeg's names in these files, and ours.
NAMES = {"mIoU": "mIoU", "Acc": "pixel_accuracy", "Kappa": "kappa"}
_MOST_BYTES = 1 << 20


def kept(path: str) -> dict[str, float]:
    """The figures of a file, by PaddleSeg's names; those of single classes are left.

    Raises:
        DataError: It has none of them.
    """
    lines = read_bytes(path, _MOST_BYTES).decode("utf-8", "replace").splitlines()
    pairs = (line.partition(":") for line in lines)
    found = {name: float(value) for name, _, value in pairs if name in (*NAMES, "#Images")}
    if not found.keys() & NAMES.keys():
        raise DataError(path, f"has none of {', '.join(NAMES)}", "write lines such as mIoU: 0.93")
    return found


def measured(folder: str, labels: Path, num_classes: int) -> dict[str, float]:
    """The figures of a folder of masks.

    Raises:
        DataError: There are no masks, or labels are missing.
    """
    masks = sorted(Path(folder).rglob("*.png"))
    if not masks:
        raise DataError(folder, "has no masks", "run the chain whole_infer first")
    missing = [mask.name for mask in masks if not (labels / mask.name).is_file()]
    if missing:
        raise DataError(str(labels), f"has no label for {few(missing)}", "name the data set that was inferred")
    confusion = Confusion(num_classes)
    for mask in masks:
        confusion.update(read_label(mask), read_label(labels / mask.name))
    scores = confusion.compute()
    return {"#Images": len(masks), **{name: scores[ours] for name, ours in NAMES.items()}}


def matching(pattern: str) -> list[str]:
    """The paths that a pattern of the command line means, in order; it may be absolute."""
    return sorted(glob.glob(pattern))  # noqa: PTH207


def precision(name: str) -> str:
    found = re.search(r"fp32|fp16|int8", Path(name).name)
    return found[0] if found else ""


@reports_mistakes
def main(given: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--metric_file", required=True, metavar="PATTERN", help="files of figures")
    parser.add_argument("--predict_dir", required=True, metavar="PATTERN", help="folders of masks")
    parser.add_argument("--gt_dir", required=True, type=Path, metavar="DIR", help="the labels, by the masks' names")
    parser.add_argument("--num_classes", required=True, type=int, metavar="N")
    parser.add_argument("--atol", type=float, default=1e-3, help="absolute tolerance (default: %(default)s)")
    parser.add_argument("--rtol", type=float, default=1e-3, help="relative tolerance (default: %(default)s)")
    args = parser.parse_args(given)
    files = {precision(file): file for file in matching(args.metric_file)}
    folders = [folder for folder in matching(args.predict_dir) if Path(folder).is_dir()]
    if not folders:
        raise DataError(args.predict_dir, "names no folder", "run the chain whole_infer first")
    well = True
    for folder in folders:
        file = files.get(precision(folder))
        if file is None:
            raise DataError(args.metric_file, f"names no figures for {folder}", "the precision is in the file's name")
        truth, found = kept(file), measured(folder, args.gt_dir, args.num_classes)
        apart = {
            name: (found[name], value)
            for name, value in truth.items()
            if not abs(found[name] - value) <= args.atol + args.rtol * abs(value)
        }
        for name, (got, value) in apart.items():
            print(f"{name}: {got:.6f}, but {value:.6f} in {file}")
        verdict, end = ("failed", "inconsistent") if apart else ("passed", "consistent")
        print(f"Assert allclose {verdict}! The results of {Path(folder).name} and {file} are {end}!")
        well &= not apart
    return int(not well)


if __name__ == "__main__":
    sys.exit(main())
