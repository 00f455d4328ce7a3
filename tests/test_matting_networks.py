"""Networks for mattes: PaddleSeg's weights give PaddleSeg's mattes and losses, and what holds for all of them.

The reference files hold what PaddleSeg's Matting computes with weights made by rule; make_matting.py wrote them.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import paddle
import pytest
from paddleseg_reference import fill, matting_inputs

from paddleseg.models.build import build_network
from paddleseg.models.weights import load_weights
from paddleseg.registry import LOSSES

REFERENCES = Path(__file__).parent / "paddleseg_reference" / "matting"
SLOW = {"modnet_resnet50_vd", "ppmatting_hrnet_w48"}  # of 90 million parameters, and else as their siblings
NAMES = sorted(path.name.removesuffix(".json.gz") for path in REFERENCES.glob("*.json.gz"))

# PaddleSeg's output in training for each of ours that is one map, and its name for the loss of each.
OUTPUTS = {
    "MODNet": ("matte", "semantic", "detail"),
    "PPMatting": ("fusion", "semantic", "detail"),
    "PPMattingV2": ("alpha", "alpha_8x"),
    "HumanMatting": ("refine", "glance", "focus", "fusion"),
    "DIM": ("alpha_pred", "alpha_raw"),
}
# Of our losses in the order of the outputs, PaddleSeg's sum that each stands for, as their names with factors.
TERMS = {
    "MODNet": ({"fusion_l1": 1, "fusion_comp": 1}, {"semantic": 1}, {"detail": 1}, {"fusion_con_sem": 1}),
    # Of colours from -1 to 1 as those of the samples, which PaddleSeg's normalising makes of 0 to 1, ours weigh twice.
    "PPMatting": (
        {"fusion_alpha": 0.25, "fusion_composition": 0.5, "fusion_gradient": 0.25},
        {"semantic": 0.25},
        {"detail": 0.25},
    ),
    "PPMattingV2": ({"alpha": 1}, {"alpha_8x": 1}),
    "HumanMatting": ({"refine": 1}, {"glance": 0.25}, {"focus": 0.25}, {"cm": 0.25}, {"err": 1}),
    "DIM": ({"alpha_pred": 1}, {"alpha_raw": 1, "comp": 2}),
}


def read(name: str) -> dict[str, Any]:
    return json.loads(gzip.decompress((REFERENCES / f"{name}.json.gz").read_bytes()))


def inputs_and_targets(network: str) -> tuple[dict[str, paddle.Tensor], dict[str, paddle.Tensor]]:
    """What a network may take, and the fields of a batch, of the two samples."""
    sample = {name: paddle.to_tensor(value) for name, value in matting_inputs.sample(network).items()}
    inputs = {"image": sample["img"], "trimap": sample["trimap"] / 255}
    flat = {"alpha": sample["alpha"][:, 0], "trimap": inputs["trimap"][:, 0], "image": sample["img"]}
    return inputs, flat | {"foreground": sample["fg"], "background": sample["bg"]}


def model_of(reference: dict[str, Any], folder: Path) -> Any:
    """The network of a reference with the weights that PaddleSeg's had."""
    state, gain = reference["state"], reference["gain"]
    weights = {name: paddle.to_tensor(fill.value(name, shape, gain)) for name, shape in state.items()}
    paddle.save(weights, str(folder / "paddleseg.pdparams"))
    model = build_network(reference["model"])
    load_weights(model, folder / "paddleseg.pdparams")
    return model


def assert_near(found: paddle.Tensor, numbers: list[float]) -> None:
    np.testing.assert_allclose(fill.sampled(found.numpy()), np.array(numbers), rtol=0, atol=1e-4)


def losses_of(model: Any, spec: dict[str, Any], outputs: list[Any], fields: dict[str, paddle.Tensor]) -> list[float]:
    """The value of each term that the network learns by, its weight applied."""
    arguments = {key: value for key, value in spec.items() if key not in ("type", "backbone")}
    plan = type(model).losses_for(arguments)
    found = []
    for part, output, coef in zip(plan["types"], outputs, plan["coef"], strict=True):
        loss = built(part)
        wanted = loss.label_key
        target = fields[wanted] if isinstance(wanted, str) else {key: fields[key] for key in wanted}
        found.append(coef * float(loss(output, target)))
    return found


def built(part: dict[str, Any]) -> Any:
    arguments = {key: value for key, value in part.items() if key != "type"}
    if "losses" in arguments:
        arguments["losses"] = [built(inner) for inner in arguments["losses"]]
    return LOSSES.get(part["type"])(**arguments)


def cases(*, recurrent: bool) -> list[Any]:
    names = [name for name in NAMES if name.startswith("rvm") is recurrent]
    return [pytest.param(name, marks=[pytest.mark.slow] if name in SLOW else []) for name in names]


@pytest.mark.parametrize("name", cases(recurrent=False))
def test_paddlesegs_weights_give_paddlesegs_mattes_and_losses(name: str, tmp_path: Path):
    reference = read(name)
    kind = reference["model"]["type"]
    model = model_of(reference, tmp_path)
    inputs, fields = inputs_and_targets(kind)
    given = [inputs[key] for key in model.inputs]
    model.eval()
    with paddle.no_grad():
        (alpha,) = model(*(each[:1] for each in given))
        assert alpha.shape == reference["evaluation"]["alpha"]["shape"]
        assert_near(alpha, reference["evaluation"]["alpha"]["values"])
        model.train()
        outputs = model(*given)
    assert len(outputs) == len(model.heads)
    maps = [output for output in outputs if not isinstance(output, tuple)]
    for output, theirs in zip(maps, OUTPUTS[kind], strict=True):
        assert_near(output, reference["training"][theirs])
    losses = losses_of(model, reference["model"], outputs, fields)
    for found, terms in zip(losses, TERMS[kind], strict=True):
        expected = sum(factor * reference["losses"][term] for term, factor in terms.items())
        assert found == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("name", cases(recurrent=True))
def test_paddlesegs_weights_give_paddlesegs_frames_and_memory(name: str, tmp_path: Path):
    reference = read(name)
    model = model_of(reference, tmp_path)
    model.eval()
    frames = paddle.to_tensor(matting_inputs.sample("RVM")["img"])
    with paddle.no_grad():
        (still,) = model(frames[:1])
        first, _, *memory = model(frames[:1], *model.first_memory(frames[:1]))
        second = model(frames[1:], *memory)
    assert np.array_equal(still.numpy(), first.numpy())
    assert_near(first, reference["evaluation"]["alpha_of_first"]["values"])
    for name, found in zip(("alpha", "foreground", "r1", "r2", "r3", "r4"), second, strict=True):
        assert found.shape == reference["evaluation"][name]["shape"]
        assert_near(found, reference["evaluation"][name]["values"])
