"""The mean of several weights of one network.

Runs that go on from the same weights end at different places, and the place in the middle is often better than each of
them, at the cost of one ("model soups", Wortsman et al., ICML 2022). Evaluate it before you use it: weights that were
not trained from the same ones have no use for their mean.

    python tools/average_weights.py output/a/best_model output/b/best_model --output output/mean.pdparams
"""

from __future__ import annotations

import argparse
import sys

import numpy as np

from paddleseg.errors import WeightsError
from paddleseg.files import atomic_path
from paddleseg.program import reports_mistakes


def average(sources: list[str]) -> dict[str, np.ndarray]:
    """The means of all arrays, by name.

    Raises:
        WeightsError: A file cannot be read, or is of another network than the first.
    """
    from paddleseg.models.weights import read_state, resolve

    first, *others = (read_state(resolve(source)) for source in sources)
    shapes = {name: value.shape for name, value in first.items()}
    for source, state in zip(sources[1:], others, strict=True):
        if {name: value.shape for name, value in state.items()} != shapes:
            raise WeightsError(source, f"is of another network than {sources[0]}", "give weights of one network")
    return {
        name: np.mean([state[name] for state in (first, *others)], axis=0, dtype="float64").astype(value.dtype)
        for name, value in first.items()
    }


@reports_mistakes
def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", nargs="+", help=".pdparams files, checkpoint folders or zoo:// names")
    parser.add_argument("--output", required=True, help="the .pdparams file to write")
    args = parser.parse_args()
    import paddle

    mean = average(args.weights)
    with atomic_path(args.output) as temporary:
        paddle.save({name: paddle.to_tensor(value) for name, value in mean.items()}, str(temporary))
    print(f"{args.output}: the mean of {len(args.weights)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
