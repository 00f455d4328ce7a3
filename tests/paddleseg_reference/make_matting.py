"""Write what a network of PaddleSeg's Matting computes: parameter names, shapes, and its mattes with the weights of
fill.py, in evaluation of one picture, in training all outputs and losses for two.

Run it outside this repository with an interpreter that has PaddleSeg 2.8.0 and SciPy, and name the folder `Matting` of
PaddleSeg's snapshot of October 2024:

    python .../make_matting.py MATTING NAME '{"type": "MODNet", "backbone": {"type": "MobileNetV2"}}' [GAIN [OURS]]

OURS are arguments of the backbone, as JSON, that only the one here has: those that let it do as PaddleSeg does.

Of that folder only the networks and losses are imported: the rest needs packages that these do not.
"""

from __future__ import annotations

import gzip
import json
import sys
import types
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), sys.argv[1]]
package = types.ModuleType("ppmatting")
package.__path__ = [str(Path(sys.argv[1]) / "ppmatting")]
package.utils = types.SimpleNamespace(load_pretrained_model=lambda model, source: None)
sys.modules["ppmatting"] = package

import fill  # noqa: E402
import matting_inputs  # noqa: E402
import numpy as np  # noqa: E402
import paddle  # noqa: E402
import ppmatting.models  # noqa: E402
from make import build, rounded  # noqa: E402

from paddleseg.cvlibs import manager  # noqa: E402


def with_masks_of_numbers(loss: type) -> None:
    """Paddle 3 refuses to multiply maps with masks, as PaddleSeg does here."""
    original = loss.forward

    def forward(self, logit, label, mask=None):
        return original(self, logit, label, mask if mask is None else mask.astype("float32"))

    loss.forward = forward


def stacked(numbers, *rest, stack=paddle.stack, **named):
    """Paddle 3 refuses to stack the numbers that sizes are in eager mode, as PaddleSeg does here."""
    return paddle.to_tensor(numbers) if isinstance(numbers[0], int) else stack(numbers, *rest, **named)


def one_by_one(x, parts, axis=0, split=paddle.split):
    """GCA's attention means one picture each where it asks for one part, and else takes the first for all."""
    return split(x, x.shape[axis] if parts == 1 else parts, axis)


with_masks_of_numbers(ppmatting.models.GradientLoss)
paddle.stack = stacked
paddle.split = one_by_one
for encoder in ("ResShortCut_D", "ResGuidedCxtAtten"):  # which PaddleSeg lists among the networks
    manager.BACKBONES.add_component(manager.MODELS[encoder])


def filled(model: paddle.nn.Layer, state: dict, gain: float) -> None:
    constant = "blurer.op.1.weight"
    values = fill.values({key: shape for key, shape in state.items() if key != constant}, gain)
    model.set_state_dict({key: paddle.to_tensor(value) for key, value in values.items()})


def evaluated(model: paddle.nn.Layer, sample: dict) -> dict[str, np.ndarray]:
    """The matte of one picture; of a network with a memory, that of a second frame too, with colours."""
    found = model({key: paddle.to_tensor(value[:1]) for key, value in sample.items()})
    if not isinstance(found, dict):
        return {"alpha": found.numpy()}
    second = model({"img": paddle.to_tensor(sample["img"][1:])})
    maps = {"alpha": second["alpha"], "foreground": second["fg"]} | {f"r{i}": second[f"r{i}"] for i in (1, 2, 3, 4)}
    return {"alpha_of_first": found["alpha"].numpy()} | {name: value.numpy() for name, value in maps.items()}


def main() -> None:
    _, _, name, text, *rest = sys.argv
    spec, gain = json.loads(text), float(rest[0]) if rest else 1.0
    model = build(spec, manager.MODELS)
    state = {key: list(tensor.shape) for key, tensor in model.state_dict().items()}
    filled(model, state, gain)
    sample = matting_inputs.sample(spec["type"])
    model.eval()
    with paddle.no_grad():
        maps = evaluated(model, sample)
    ours = json.loads(rest[1]) if len(rest) > 1 else {}
    told = spec | {"backbone": spec["backbone"] | ours}
    reference = {"model": told, "gain": gain, "state": state}
    reference["evaluation"] = {key: {"shape": list(map_.shape), "values": rounded(map_)} for key, map_ in maps.items()}
    if spec["type"] != "RVM":  # which PaddleSeg does not train
        model.train()
        with paddle.no_grad():
            outputs, losses = model({key: paddle.to_tensor(value) for key, value in sample.items()})
        reference["training"] = {key: rounded(value.numpy()) for key, value in outputs.items()}
        reference["losses"] = {key: float(value) for key, value in losses.items()}
    path = HERE / "matting" / f"{name}.json.gz"
    path.parent.mkdir(exist_ok=True)
    # No time stamp in the file: the same reference gives the same bytes.
    path.write_bytes(gzip.compress(json.dumps(reference).encode(), mtime=0))
    alpha = maps["alpha"]
    print(path, path.stat().st_size, "bytes; alpha", alpha.min(), alpha.mean(), alpha.max(), reference.get("losses"))


if __name__ == "__main__":
    main()
