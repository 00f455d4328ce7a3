"""Networks that learn edges beside classes: with the losses of their recipes they learn from the bundled photos."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import paddle
import pytest
from model_cases import CASES, build

from paddleseg.config import load_config
from paddleseg.config.build import build_losses
from paddleseg.engine.terms import LossPlan
from paddleseg.transforms.functional import edge_map

SIDE = 64
RECIPES = {
    "DecoupledSegNet": "decoupled_segnet/decoupledsegnet_resnet50_os8_cityscapes_1024x512_80k.yml",
    "GSCNN": "gscnn/gscnn_resnet50_os8_cityscapes_1024x512_80k.yml",
}


def bundled(root: Path) -> tuple[paddle.Tensor, dict[str, paddle.Tensor]]:
    """Two photos, from -1 to 1, with the classes of their masks and the edges between these."""
    lines = (root / "data/portrait_mini/train.txt").read_text(encoding="utf-8").split("\n")[:2]
    pairs = [[root / "data/portrait_mini" / name for name in line.split()] for line in lines]
    photos = [cv2.resize(cv2.imread(str(photo)), (SIDE, SIDE)) for photo, _ in pairs]
    masks = [cv2.imread(str(mask), cv2.IMREAD_GRAYSCALE) for _, mask in pairs]
    labels = [cv2.resize(mask, (SIDE, SIDE), interpolation=cv2.INTER_NEAREST) for mask in masks]
    edges = [edge_map(label, np.ones((5, 5), np.uint8), 255) for label in labels]
    image = np.stack(photos).transpose(0, 3, 1, 2).astype("float32") / 127.5 - 1
    fields = {"label": np.stack(labels).astype("int64"), "edge": np.stack(edges).astype("int64")}
    return paddle.to_tensor(image), {name: paddle.to_tensor(field) for name, field in fields.items()}


@pytest.mark.parametrize("name", RECIPES)
def test_the_recipes_losses_fall(name: str, root: Path):
    image, fields = bundled(root)
    assert 0 < float(fields["edge"].astype("float32").mean()) < 0.5
    plan = LossPlan(*build_losses(load_config(root / "configs" / RECIPES[name])))
    model = build(CASES[name], num_classes=2)
    optimizer = paddle.optimizer.AdamW(3e-3, parameters=model.parameters())
    totals = []
    for _ in range(8):
        total = sum(plan(model(image), fields))
        total.backward()
        optimizer.step()
        optimizer.clear_grad()
        totals.append(float(total))
    assert np.isfinite(totals).all()
    assert np.mean(totals[-2:]) < 0.8 * np.mean(totals[:2]), totals
