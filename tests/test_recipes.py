"""Every recipe in configs/ and contrib/: its network's outputs meet its losses, and all of them learn."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import paddle
import pytest

from paddleseg.config import build, load_config
from paddleseg.engine.terms import LossPlan

ROOT = Path(__file__).parents[1]
SIZE = (64, 96)
# Weights from elsewhere are not needed here, and some would have to be fetched.
FRESH = ["model.pretrained", "model.backbone.pretrained", "teacher.pretrained"]
# Networks of which one recipe takes a second and more.
LARGE = (
    *("ann/ann_resnet101", "attention_unet", "ccnet", "danet/danet_resnet101", "dmnet", "encnet", "fastfcn"),
    *("hrnet_w48_contrast", "mscale_ocrnet", "pfpn", "pointrend", "pssl", "segnet", "setr", "uhrnet"),
    *("unet_3plus", "unet_plusplus", "segmenter/segmenter_vit_base"),
    *("decoupled_segnet", "gscnn", "pidnet", "hrformer", "deeplabv3p/deeplabv3p_xception65"),
    *("seaformer/seaformer_base", "seaformer/seaformer_large", "seaformer/seaformer_small", "efficientformerv2"),
    *("segmenter/segmenter_vit_small_mask", "segnext/segnext_mscan_b", "u2net/u2net_"),
)


def cases() -> list[Any]:
    large = tuple(f"configs/{name}" for name in LARGE)
    return [pytest.param(path, marks=[pytest.mark.slow] if path.startswith(large) else []) for path in recipes()]


def recipes() -> list[str]:
    """The first file of each combination of network and losses."""
    found: dict[str, str] = {}
    files = [*ROOT.glob("configs/*/*.yml"), *ROOT.glob("contrib/PP-HumanSeg/configs/*.yml")]
    for path in sorted(files):
        if path.parent.name == "_base_":
            continue
        cfg = load_config(path)
        if cfg.model and cfg.loss and cfg.train_dataset and cfg.task != "matting":  # test_matting_networks.py
            if cfg.model.type == "STFPM":  # test_stfpm.py
                continue
            key = json.dumps([cfg.to_dict()[name] for name in ("model", "loss")], sort_keys=True)
            found.setdefault(key, str(path.relative_to(ROOT)))
    return sorted(found.values())


@pytest.mark.parametrize("path", cases())
def test_outputs_meet_losses(path: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(ROOT)
    held = load_config(path).to_dict()
    cfg = load_config(path, [f"{key}=null" for key in FRESH if _holds(held, key)])
    paddle.seed(0)
    model = build.build_model(cfg)
    image = np.random.default_rng(0).standard_normal((2, 3, *SIZE)).astype("float32")
    label = paddle.to_tensor(np.random.default_rng(1).integers(0, 2, (2, *SIZE)))
    outputs = model(paddle.to_tensor(image))
    losses = LossPlan(*build.build_losses(cfg))(outputs, {"label": label, "edge": label, "soft": label * 254})
    assert len(losses) == len(outputs)
    sum(losses).backward()
    assert all(np.isfinite(float(loss)) for loss in losses)
    still = [name for name, value in model.named_parameters() if value.grad is None and not value.stop_gradient]
    # A recipe may leave a backbone's last maps alone, as V2 Lite's for portraits does.
    indices = held["model"].get("backbone_indices")
    last = indices is None or max(indices) + 1 == len(model.backbone.out_channels)
    assert not [name for name in still if last or not name.startswith("backbone.")]


def _holds(config: dict, key: str) -> bool:
    *path, last = key.split(".")
    for name in path:
        config = config.get(name) or {}
    return isinstance(config, dict) and last in config
