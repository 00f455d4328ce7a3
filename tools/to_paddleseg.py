"""Weights that were trained here as a `.pdparams` file that PaddleSeg loads.

    python tools/to_paddleseg.py --config configs/pp_humanseg/portrait_fine_tune.yml \\
        --model_path output/mine/best_model --output paddleseg/model.pdparams

PADDLESEG_COMPAT=2.8 or 2.9 makes training itself write such files.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import paddle

from paddleseg.assemble import model_from_config
from paddleseg.config import load_config
from paddleseg.errors import WeightsError
from paddleseg.files import atomic_path
from paddleseg.models.paddleseg_names import renamed
from paddleseg.program import reports_mistakes
from paddleseg.targets import refuse_overwriting


@reports_mistakes
def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", required=True, help="the configuration that the weights were trained with")
    parser.add_argument("--model_path", required=True, help=".pdparams file, checkpoint folder or zoo:// name")
    parser.add_argument("--output", required=True, type=Path, help="the .pdparams file to write")
    args = parser.parse_args()
    refuse_overwriting([Path(args.model_path), Path(args.model_path) / "model.pdparams"], [args.output])
    model = model_from_config(load_config(args.config), args.model_path)
    state = renamed(model, model.state_dict())
    if state is None:
        what = f"PaddleSeg's names of a {type(model).__name__} of this form are not known"
        raise WeightsError(args.model_path, what, "export the model: PaddleSeg's deploy scripts run the folder")
    with atomic_path(args.output) as temporary:
        paddle.save(state, str(temporary))
    print(f"{args.output}: {len(state)} arrays by PaddleSeg's names")
    return 0


if __name__ == "__main__":
    sys.exit(main())
