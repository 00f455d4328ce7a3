"""Write what a network of PaddleSeg computes: parameter names, shapes, and logits with the weights of fill.py, in
evaluation those of one picture, in training those of all heads for two pictures, without dropout.

Run it outside this repository with an interpreter that has PaddleSeg 2.8.0 (docs/measurements/benchmarks.md says how to
install it):

    python .../make.py NAME '{"type": "FCN", "num_classes": 2, "backbone": {"type": "HRNet_W18"}}' [GAIN [OURS]]

PaddleSeg's SFNet divides by integers, which Paddle 3 refuses: there `norm` in its `flow_warp` was cast to float32.

PointRend draws points, after `paddle.seed(0)`; it was written for sizes that are int32 vectors of
one number, not int64 scalars.

STFPM's are those of the snapshot of October 2024, with a teacher that is not fetched; they go to `anomaly/`.

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

UPerNetCAE is for 768 channels alone, and CAE for a file of weights; neither is asked for here. ViT-Adapter needs a CUDA
extension, whose formula stands below; 2.8.0 divides by integers there, which Paddle 3 refuses.

MaskFormer gives classes and masks in training; here they stand as maps, of the last layer first. Its scores in
evaluation are not logits: here stand their logarithms, as ours gives them. It is made small, on any Swin.
"""

from __future__ import annotations

import copy
import functools
import gzip
import json
import sys
import types
from pathlib import Path

import cv2
import numpy as np
import paddle
from paddle.vision.models import resnet18

paddle.nn.SyncBatchNorm = paddle.nn.BatchNorm2D  # the first has no kernel for CPUs, and PIDNet asks for it by name

from paddleseg.cvlibs import manager  # noqa: E402
from paddleseg.models import maskformer, upernet_cae  # noqa: E402
from paddleseg.models.backbones import cae, swin_transformer, vision_transformer  # noqa: E402
from paddleseg.models.layers import ms_deformable_attention  # noqa: E402

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
    """PaddleSeg's SFNet, BiSeNet and K-Net give the main logits last, MscaleOCRNet second; SFNet evaluates another."""
    heads = [head[0] if isinstance(head, tuple) else head for head in heads]
    if spec["type"] == "GSCNN":
        heads[2] = EDGES.pop()
    if spec["type"] == "KNet":
        return heads[::-1]
    if spec["type"] == "PIDNet" and len(heads) > 1:
        return [heads[1], heads[0], heads[2], heads[1]]
    if spec["type"] == "MscaleOCRNet" and len(heads) > 1:
        return [heads[1], heads[0], *heads[2:]]
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


def deformable_attention(value, shapes, starts, locations, weights, _) -> paddle.Tensor:
    """What the extension computes: weighted values between pixels, those outside the map being 0."""
    value, shapes, starts, locations, weights = (x.numpy() for x in (value, shapes, starts, locations, weights))
    batch, queries, heads, levels, points, _ = locations.shape
    out = np.zeros([batch, queries, heads, value.shape[3]], "float32")
    for n, q, head, level, point in np.ndindex(batch, queries, heads, levels, points):
        h, w = shapes[level]
        x, y = locations[n, q, head, level, point] * (w, h) - 0.5
        for row in (int(np.floor(y)), int(np.floor(y)) + 1):
            for column in (int(np.floor(x)), int(np.floor(x)) + 1):
                if 0 <= row < h and 0 <= column < w:
                    near = value[n, starts[level] + row * w + column, head]
                    share = (1 - abs(y - row)) * (1 - abs(x - column))
                    out[n, q, head] += share * weights[n, q, head, level, point] * near
    return paddle.to_tensor(out.reshape([batch, queries, -1]))


class WithFloats:
    """Paddle, but for stacks of integers."""

    def __getattr__(self, name: str):
        return getattr(paddle, name)

    def stack(self, numbers, axis=0) -> paddle.Tensor:
        return paddle.stack(numbers, axis).astype("float32")


def allow_cpu_and_any_width(spec: dict) -> None:
    """`UPerNetCAE` for this backbone's channels, norms that a CPU has, and the extension's formula."""
    sys.modules["ms_deform_attn"] = types.SimpleNamespace(ms_deform_attn=deformable_attention)
    ms_deformable_attention.paddle = WithFloats()
    cae.CAE.init_weight = lambda self: None
    cae.to_2tuple = lambda size: tuple(size) if isinstance(size, list) else (size, size)
    make_levels, width = upernet_cae.UPerNetCAE._init_fpn, spec["backbone"].get("embed_dim")
    upernet_cae.UPerNetCAE._init_fpn = lambda self, **_: make_levels(self, embed_dim=width, patch_size=16)


class NamedSwin(swin_transformer.SwinTransformer):
    """With names for its maps, as PaddleSeg's MaskFormer wants them."""

    def output_shape(self) -> dict:
        return {f"res{n + 2}": {"channels": c, "stride": 4 << n} for n, c in enumerate(self.feat_channels)}

    def forward(self, x: paddle.Tensor) -> dict:
        return {f"res{n + 2}": each for n, each in enumerate(super().forward(x))}


def allow_small_maskformer(ours: dict) -> None:
    """`MaskFormer` with these arguments of ours, on a backbone of any size."""
    small = {name: value for name, value in ours.items() if name != "channels"}
    maskformer.TransformerPredictor = functools.partial(maskformer.TransformerPredictor, **small)
    manager.BACKBONES.components_dict["SwinTransformer"] = NamedSwin


def in_training(heads: list, spec: dict) -> list[np.ndarray]:
    """What the network gives, main first; of what a loss takes together map after map."""
    if spec["type"] == "MaskFormer":
        (found,) = heads
        layers = [found, *reversed(found["aux_outputs"])]
        return [layer[name].numpy() for layer in layers for name in ("pred_logits", "pred_masks")]
    maps = []
    for head in main_first(heads, spec):
        group = list(head.values()) if isinstance(head, dict) else head
        maps += flat(group) if isinstance(group, list) else [at_full_size(group)]
    return [each.numpy() for each in maps]


def flat(group: list) -> list:
    return [x for each in group for x in flat(each)] if isinstance(group, list) else [group]


def at_full_size(logits: paddle.Tensor) -> paddle.Tensor:
    """A head's logits as its loss sees them: STDCSeg leaves it to DetailAggregateLoss to bring them up."""
    size = list(fill.INPUT_SHAPE[2:])
    if logits.shape[2:] in (size, []) or logits.ndim < 4:  # scores of points or of the whole picture have no size
        return logits
    return paddle.nn.functional.interpolate(logits, size, mode="bilinear", align_corners=True)


def rounded(logits: np.ndarray) -> list[float]:
    return [float(f"{number:.7g}") for number in fill.sampled(logits)]


def main() -> None:
    name, spec = sys.argv[1], json.loads(sys.argv[2])
    gain = float(sys.argv[3]) if len(sys.argv) > 3 else 1.0
    ours = json.loads(sys.argv[4]) if len(sys.argv) > 4 else {}
    vision_transformer.VisionTransformer.init_weight = lambda self: None
    if spec["type"] in ("UPerNetCAE", "UPerNetViTAdapter"):
        allow_cpu_and_any_width(spec)
    if spec["type"] == "MaskFormer":
        allow_small_maskformer(ours)
    if spec["type"] == "SegNeXt":
        paddle.rand = lambda shape: paddle.to_tensor(np.random.default_rng(0).random(shape).astype("float32"))
    if spec["type"] == "STFPM":
        sys.modules["paddleseg.models.backbones.resnet_ms3"].model_dict["resnet18"] = lambda pretrained: resnet18()
    model = build(json.loads(json.dumps(spec)), manager.MODELS)  # it may write into what it gets
    separate(model)
    with_scores_of_edges(model, spec)
    if spec["type"] == "PointRend":
        model.pointhead.subdivision_num_points = model.pointhead.subdivision_num_points.astype("int64")
        join = paddle.concat
        paddle.concat = lambda x, axis=0: join([each if each.ndim else each.reshape([1]) for each in x], axis)
    # Whole numbers say which row of a table is whose; they follow from the network's form.
    state = {key: list(x.shape) for key, x in model.state_dict().items() if x.dtype == paddle.float32}

    def fill_in() -> None:
        model.set_state_dict({key: paddle.to_tensor(fill.value(key, shape, gain)) for key, shape in state.items()})

    fill_in()
    model.train()
    for layer in model.sublayers():
        if isinstance(layer, (paddle.nn.Dropout, paddle.nn.Dropout2D)):
            layer.p = 0
        if isinstance(layer, paddle.nn.MultiHeadAttention):
            layer.dropout = 0
    paddle.seed(0)  # PointRend draws points
    with paddle.no_grad():
        outputs = model(paddle.to_tensor(fill.batch()))
        heads = in_training(outputs, spec)
    fill_in()
    model.eval()
    with paddle.no_grad():
        logits = main_first(model(paddle.to_tensor(fill.picture())), spec)[0].numpy()
    if spec["type"] == "MaskFormer":
        logits = np.log(logits)
    reference = {
        "model": spec | ours,
        "gain": gain,
        "state": state,
        "outputs_in_training": len(outputs),
        "training": [rounded(head) for head in heads],
        "shape": list(logits.shape),
        "logits": rounded(logits),
    }
    path = HERE / f"{name}.json.gz"
    # No time stamp in the file: the same reference gives the same bytes.
    path.write_bytes(gzip.compress(json.dumps(reference).encode(), mtime=0))
    print(
        path, f"{path.stat().st_size} bytes, {len(outputs)} outputs in training, largest logit {abs(logits).max():.3g}"
    )


if __name__ == "__main__":
    main()
