"""Write what a network of PaddleSeg computes: parameter names, shapes, and logits with the weights of fill.py, in
evaluation those of one picture, in training those of all heads for two pictures, without dropout.

Run it outside this repository with an interpreter that has PaddleSeg 2.8.0 (docs/measurements/benchmarks.md says how to
install it):

    python .../make.py NAME '{"type": "FCN", "num_classes": 2, "backbone": {"type": "HRNet_W18"}}' [GAIN [OURS]]

PaddleSeg's SFNet divides by integers, which Paddle 3 refuses: there `norm` in its `flow_warp` was cast to float32.

PP-MobileSeg's are those of the snapshot of October 2024 (2.9 in all but name) and, with `gate: relu6`, of 2.8.0. Its
training draws (DropPath), so they hold evaluation alone.

SegNeXt draws bases; with `RAND_INIT: False` it does so once, here those with which ours begins.

PaddleSeg's vision transformers cannot be built without a file of weights, which is not asked for here. SETR has the
same layer several times in lists; these get weights of their own, as the paper has them.

PIDNet, SeaFormer, EfficientFormerV2 and HRFormer are those of the snapshot of October 2024. HRFormer rounds plain
numbers up with Paddle, which Paddle 3 refuses: there they were made tensors.

DecoupledSegNet and GSCNN give probabilities of edges, to losses that take them for scores; here they are scores.
DecoupledSegNet divides by integers as well. GSCNN's bytes for Canny's filter wrap around outside -1 to 1; here they
stop.

OURS are arguments, as JSON, that only the network here has: those that let it do as PaddleSeg does.
"""

from __future__ import annotations

import copy
import gzip
import json
import sys
from pathlib import Path

import cv2
import numpy as np
import paddle

paddle.nn.SyncBatchNorm = paddle.nn.BatchNorm2D  # the first has no kernel for CPUs, and PIDNet asks for it by name

from paddleseg.cvlibs import manager  # noqa: E402
from paddleseg.models.backbones import vision_transformer  # noqa: E402

HERE = Path(__file__).resolve().parent
EDGES: list[paddle.Tensor] = []  # the scores of GSCNN's edges, as its layers give them
sys.path.insert(0, str(HERE))
import fill  # noqa: E402


def build(spec: dict, registry) -> paddle.nn.Layer:
    arguments = {
        key: build(value, manager.BACKBONES) if isinstance(value, dict) and "type" in value else value
        for key, value in spec.items()
        if key != "type"
    }
    return registry[spec["type"]](**arguments)


def separate(layer: paddle.nn.Layer) -> None:
    """Let each place of a list have a layer of its own."""
    for child in layer.sublayers(include_self=True):
        if isinstance(child, paddle.nn.LayerList) and len({id(each) for each in child}) < len(child):
            for number in range(1, len(child)):
                child[number] = copy.deepcopy(child[number])


def main_first(heads: list, spec: dict) -> list:
    """PaddleSeg's SFNet and BiSeNet give the main logits last; SFNet's own evaluation takes another head's."""
    heads = [head[0] if isinstance(head, tuple) else head for head in heads]
    if spec["type"] == "GSCNN":
        heads[2] = EDGES.pop()
    if spec["type"] == "PIDNet" and len(heads) > 1:
        heads = [heads[1], heads[0], heads[2], heads[1]]
    return [heads[-1], *heads[:-1]] if spec["type"] in ("SFNet", "BiseNetV1") else heads


def with_scores_of_edges(model: paddle.nn.Layer, spec: dict) -> None:
    if spec["type"] == "DecoupledSegNet":
        model.head.sigmoid_edge = paddle.nn.Identity()
    if spec["type"] == "GSCNN":
        pictures: list[np.ndarray] = []
        model.register_forward_pre_hook(
            lambda _, inputs: pictures.extend(inputs[0].numpy().clip(-1, 1).transpose(0, 2, 3, 1) * 0.5 + 0.5)
        )
        model.head.fuse.register_forward_post_hook(lambda _layer, _inputs, output: EDGES.append(output))
        canny = cv2.Canny
        cv2.Canny = lambda _, *limits: canny((pictures.pop(0) * 255).astype("uint8"), *limits)


def at_full_size(logits: paddle.Tensor) -> paddle.Tensor:
    """A head's logits as its loss sees them: STDCSeg leaves it to DetailAggregateLoss to bring them up."""
    size = list(fill.INPUT_SHAPE[2:])
    if logits.shape[2:] in (size, []):  # scores of the whole picture have no size
        return logits
    return paddle.nn.functional.interpolate(logits, size, mode="bilinear", align_corners=True)


def rounded(logits: np.ndarray) -> list[float]:
    return [float(f"{number:.7g}") for number in fill.sampled(logits)]


def main() -> None:
    name, spec = sys.argv[1], json.loads(sys.argv[2])
    gain = float(sys.argv[3]) if len(sys.argv) > 3 else 1.0
    ours = json.loads(sys.argv[4]) if len(sys.argv) > 4 else {}
    vision_transformer.VisionTransformer.init_weight = lambda self: None
    if spec["type"] == "SegNeXt":
        paddle.rand = lambda shape: paddle.to_tensor(np.random.default_rng(0).random(shape).astype("float32"))
    model = build(json.loads(json.dumps(spec)), manager.MODELS)  # it may write into what it gets
    separate(model)
    with_scores_of_edges(model, spec)
    state = {key: list(tensor.shape) for key, tensor in model.state_dict().items()}
    # Tables of places are no weights.
    learned = [key for key, tensor in model.state_dict().items() if tensor.dtype == paddle.float32]

    def fill_in() -> None:
        model.set_state_dict({key: paddle.to_tensor(fill.value(key, state[key], gain)) for key in learned})

    fill_in()
    model.train()
    for layer in model.sublayers():
        if isinstance(layer, (paddle.nn.Dropout, paddle.nn.Dropout2D)):
            layer.p = 0
    with paddle.no_grad():
        found = main_first(model(paddle.to_tensor(fill.batch())), spec)
        heads = [at_full_size(each).numpy() for each in found]
    fill_in()
    model.eval()
    with paddle.no_grad():
        logits = main_first(model(paddle.to_tensor(fill.picture())), spec)[0].numpy()
    reference = {
        "model": spec | ours,
        "gain": gain,
        "state": state,
        "outputs_in_training": len(heads),
        "training": [rounded(head) for head in heads],
        "shape": list(logits.shape),
        "logits": rounded(logits),
    }
    path = HERE / f"{name}.json.gz"
    # No time stamp in the file: the same reference gives the same bytes.
    path.write_bytes(gzip.compress(json.dumps(reference).encode(), mtime=0))
    print(path, f"{path.stat().st_size} bytes, {len(heads)} outputs in training, largest logit {abs(logits).max():.3g}")


if __name__ == "__main__":
    main()
