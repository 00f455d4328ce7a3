"""PaddleSeg's weights of every network that exists here: they load by name, and give PaddleSeg's logits.

The reference files hold what PaddleSeg 2.8.0 computes with weights made by rule; make.py beside them wrote them.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import paddle
import pytest
from model_cases import build
from paddleseg_reference import fill

from paddleseg.models.weights import load_weights

REFERENCES = sorted((Path(__file__).parent / "paddleseg_reference").glob("*.json.gz"))
# Networks that PaddleSeg has in one width, of 25 M parameters and more: seconds each.
LARGE = {
    *("attention_unet", "segnet", "unet_3plus", "unet_3plus_supervised", "u2net"),
    *("deeplabv3p_xception41", "fcn_hrformer_small", "pidnet_large", "seaformer_large"),
}
# How far rounding may take their logits in training, as a share of the largest. U²-Net normalises maps of 2x3 in many
# layers: PaddleSeg's own float32 is 9e-5 from its float64. MscaleOCRNet's branches have 1x2 of half the picture.
ROUNDING = {"u2net": 3e-4, "u2netp": 3e-4, "mscale_ocrnet_hrnet_w18_small_v1_psa": 3e-4}


def cases() -> list[Any]:
    names = [path.name.removesuffix(".json.gz") for path in REFERENCES]
    return [
        pytest.param(path, id=name, marks=[pytest.mark.slow] if name in LARGE else [])
        for path, name in zip(REFERENCES, names, strict=True)
    ]


@pytest.mark.parametrize("path", cases())
def test_paddlesegs_weights_give_paddlesegs_logits(path: Path, tmp_path: Path):
    reference: dict[str, Any] = json.loads(gzip.decompress(path.read_bytes()))
    gain = reference.get("gain", 1.0)
    weights = {name: paddle.to_tensor(fill.value(name, shape, gain)) for name, shape in reference["state"].items()}
    paddle.save(weights, str(tmp_path / "paddleseg.pdparams"))
    model = build(reference["model"])
    load_weights(model, tmp_path / "paddleseg.pdparams")

    model.train()
    for layer in model.sublayers():
        if isinstance(layer, (paddle.nn.Dropout, paddle.nn.Dropout2D)):
            layer.p = 0
    paddle.seed(0)  # for what is drawn in training
    with paddle.no_grad():
        outputs = model(paddle.to_tensor(fill.batch()))
    assert len(outputs) == len(model.heads) == reference["outputs_in_training"]
    if "training" in reference:  # older files hold evaluation alone
        alone = [
            output[0] if isinstance(output, tuple) else output for output in outputs
        ]  # of a pair the first is held
        for output, numbers in zip(maps_of(alone), reference["training"], strict=True):
            assert_near(output, numbers, ROUNDING.get(path.name.removesuffix(".json.gz"), 1e-4))

    load_weights(model, tmp_path / "paddleseg.pdparams")  # the pass above moved the batch-norm statistics
    model.eval()
    with paddle.no_grad():
        (logits,) = model(paddle.to_tensor(fill.picture()))
    assert logits.shape == reference["shape"]
    assert_near(logits, reference["logits"])


def maps_of(outputs: Any) -> list[paddle.Tensor]:
    """The maps of all outputs; of those that a loss takes together, and of MaskFormer's queries, one by one."""
    return [x for output in outputs for x in maps_of(output)] if isinstance(outputs, (list, tuple)) else [outputs]


def assert_near(logits: paddle.Tensor, numbers: list[float], share: float = 1e-4) -> None:
    expected = np.array(numbers)
    np.testing.assert_allclose(fill.sampled(logits.numpy()), expected, rtol=0, atol=share * np.abs(expected).max())
