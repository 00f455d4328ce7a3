"""Write the two folders that Paddle Serving takes, for a model that was exported with `--format legacy`.

    python deploy/serving/paddle_serving.py --config output/export --save_dir output/paddle_serving

Paddle Serving's own converter needs its client package, which ends at Python 3.9; this one needs the export alone.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from paddleseg.card import Card, load_card
from paddleseg.errors import ExportError
from paddleseg.files import atomic_dir
from paddleseg.inference.runtimes.base import named_file
from paddleseg.inference.runtimes.paddle import PaddleInference
from paddleseg.inference.runtimes.paddle_config import PaddleOptions
from paddleseg.program import reports_mistakes

SERVER, CLIENT = "serving_server", "serving_client"
_FLOAT32, _INT32 = 1, 2  # Paddle Serving's numbers


def served(card: Card, inputs: Sequence[str], outputs: Sequence[str]) -> str:
    """`serving_server_conf.prototxt`: the graph's tensors, which clients call as the card does.

    Args:
        inputs, outputs: The graph's own names, in order.
    """
    kind = _INT32 if card.output.kind == "argmax" else _FLOAT32
    lines = []
    for item, name in zip(card.inputs, inputs, strict=True):
        sides = [side for side in item.shape[1:] if side]
        lines += _entry("feed", name, item.name, _FLOAT32, sides)
    for output, name in zip(card.outputs, outputs, strict=False):
        lines += _entry("fetch", name, output.name, kind, [])
    return "\n".join(lines) + "\n"


def _entry(side: str, name: str, alias: str, kind: int, shape: Sequence[int]) -> list[str]:
    fields = [f'name: "{name}"', f'alias_name: "{alias}"', "is_lod_tensor: false", f"{side}_type: {kind}"]
    return [f"{side}_var {{", *(f"  {line}" for line in [*fields, *(f"shape: {size}" for size in shape)]), "}"]


def write_folders(config: str | Path, save_dir: str | Path) -> Path:
    """Both folders below `save_dir`, whole or not at all.

    Raises:
        ExportError: The export is not in the older form, which is the one that Paddle Serving reads.
        OutputError: `save_dir` is there already.
    """
    card, folder = load_card(config)
    graph, params = (named_file(folder, getattr(card.files, name), name) for name in ("graph", "params"))
    if graph.suffix != ".pdmodel":
        raise ExportError(str(graph), "is not in the form that Paddle Serving reads", "export with --format legacy")
    runtime = PaddleInference.open(card, folder, PaddleOptions())
    text = served(card, runtime.inputs, runtime.outputs)
    with atomic_dir(save_dir) as new:
        for place in (SERVER, CLIENT):
            (new / place).mkdir()
            (new / place / f"{place}_conf.prototxt").write_text(text, encoding="utf-8")
        shutil.copyfile(graph, new / SERVER / "__model__")
        shutil.copyfile(params, new / SERVER / "__params__")
    return Path(save_dir)


@reports_mistakes
def main(given: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", required=True, metavar="PATH", help="the exported folder")
    parser.add_argument("--save_dir", required=True, metavar="DIR", help="a new folder for the two")
    args = parser.parse_args(given)
    place = write_folders(args.config, args.save_dir)
    print(f"{place}: {SERVER} and {CLIENT}")
    print(f"  python -m paddle_serving_server.serve --model {place / SERVER} --port 9393 --thread 4")
    return 0


if __name__ == "__main__":
    sys.exit(main())
