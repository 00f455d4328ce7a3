"""SAD, MSE, Grad and Conn of several models on one list of photos and alphas, in one run.

    python benchmarks/matting.py --list data/mattes/val.txt --root data/mattes zoo://portrait output/modnet

A model is a zoo:// name or an exported folder. One that gives probabilities is measured twice: by its probability as it
is ("prob"), and by the matte that pictures are made with ("matte"). Peers are those of benchmarks/peers.py.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from peers import Peer, find_peers

from paddleseg import zoo
from paddleseg.datasets.alphas import MattingDataset
from paddleseg.inference.predictor import Predictor
from paddleseg.metrics.matting import MattingErrors
from paddleseg.tasks.matting import Matting
from paddleseg.transforms.trimap import fraction, unknown

MattesOf = Callable[[np.ndarray], dict[str, np.ndarray]]
"""A photo to its mattes by name."""
_SHOWN = ("SAD", "MSE", "Grad", "Conn", "MSE_unknown", "Grad_unknown")


def _of_peer(peer: Peer, image: np.ndarray) -> dict[str, np.ndarray]:
    return {"prob": peer(image)}


def _of_predictor(predictor: Predictor, image: np.ndarray) -> dict[str, np.ndarray]:
    result = predictor(image)
    if result.output.kind == "alpha":
        return {"alpha": result.alpha}
    prob = result.prob
    assert prob is not None
    return {"prob": prob[-1], "matte": result.alpha}


def measure(
    dataset: MattingDataset, mattes_of: Callable[[np.ndarray], dict[str, np.ndarray]]
) -> dict[str, dict[str, float]]:
    """The errors of each kind of matte that a model gives, and its processor time in ms a photo."""
    totals: dict[str, MattingErrors] = {}
    spent = 0.0
    for index in range(len(dataset)):
        sample = dataset.read(index)
        start = time.process_time()
        mattes = mattes_of(sample.image)
        spent += time.process_time() - start
        truth, open_ = fraction(sample.fields["alpha"].array), unknown(Matting().maps(sample)["trimap"])
        for name, matte in mattes.items():
            totals.setdefault(name, MattingErrors()).update(matte, truth, open_)
    return {name: {**total.compute(), "cpu_ms": 1000 * spent / len(dataset)} for name, total in totals.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", help="zoo:// names or exported folders")
    parser.add_argument("--list", type=Path, required=True, help="`image alpha` lines")
    parser.add_argument("--root", type=Path, default=Path(), help="what its paths are relative to")
    parser.add_argument("--peers", type=Path, help="folder with files of peers")
    args = parser.parse_args()
    dataset = MattingDataset(args.root, mode="val", val_path=args.list)
    print(f"{len(dataset)} photos of {args.list}\n\n| model | {' | '.join(_SHOWN)} | CPU ms |")
    print("|---|" + "---|" * (len(_SHOWN) + 1))
    contenders: dict[str, MattesOf] = {}
    for source in args.models:
        is_zoo = source.startswith(zoo.PREFIX)
        predictor = Predictor.from_zoo(source, threads=1) if is_zoo else Predictor.from_export(source, threads=1)
        contenders[Path(source).name] = partial(_of_predictor, predictor)
    for peer in find_peers(args.peers) if args.peers else ():
        contenders[peer.name] = partial(_of_peer, peer)
    for name, mattes_of in contenders.items():
        for kind, found in measure(dataset, mattes_of).items():
            cells = " | ".join(f"{found[measured]:.4g}" for measured in _SHOWN)
            print(f"| {name}, {kind} | {cells} | {found['cpu_ms']:.0f} |", flush=True)


if __name__ == "__main__":
    main()
