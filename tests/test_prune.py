"""Pruning: the channels of a network are found from its graph, and really go."""

from __future__ import annotations

import copy
import importlib.util
import inspect
from pathlib import Path
from typing import Any

import numpy as np
import paddle
import pytest
from model_cases import CASES, build
from paddle import nn
from paddle.nn import functional as F
from test_engine import CONFIG, SMALL

from paddleseg import assemble
from paddleseg.analysis.macs import count
from paddleseg.card import load_card
from paddleseg.cli.main import main
from paddleseg.config import load_config
from paddleseg.errors import ConfigError, WeightsError
from paddleseg.export.export import export_model
from paddleseg.models.layers.basic import channel_shuffle
from paddleseg.models.pruned import shapes_of, write_record
from paddleseg.models.weights import load_weights
from paddleseg.registry import MODELS
from paddleseg.slim.distill import Distill
from paddleseg.slim.prune.criteria import importance
from paddleseg.slim.prune.groups import Group, find_groups, kept_places, masked_arrays
from paddleseg.slim.prune.plan import Plan
from paddleseg.slim.prune.prune import Prune, prune, take_out
from paddleseg.slim.prune.trace import ChannelGraph
from paddleseg.slim.settings import read_settings

# Networks that say no, with what they say.
REFUSED = {"EMANet": "cannot be traced", "GINet": "counts on its channels"}


class Everything(nn.Layer):
    """One of each: depth-wise, grouped and transposed convolutions, a shuffle, halves, a concatenation, a residual sum,
    batch norms, a PReLU, a gate of linear layers."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2D(3, 16, 3, padding=1)
        self.bn = nn.BatchNorm2D(16)
        self.act = nn.PReLU(16)
        self.depthwise = nn.Conv2D(16, 32, 3, padding=1, groups=16)
        self.point = nn.Conv2D(32, 16, 1)
        self.grouped = nn.Conv2D(16, 24, 3, padding=1, groups=4)
        self.squeeze, self.excite = nn.Linear(24, 8), nn.Linear(8, 24)
        self.half = nn.Conv2D(12, 12, 1)
        self.up = nn.Conv2DTranspose(40, 12, 2, stride=2)
        self.classify = nn.Conv2D(12, 2, 1)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        x = self.act(self.bn(self.stem(x)))
        x = x + self.point(self.depthwise(x))
        y = self.grouped(x)
        gate = F.sigmoid(self.excite(F.relu(self.squeeze(y.mean(axis=[2, 3])))))
        y = channel_shuffle(y * gate.unsqueeze([2, 3]), 2)
        half = y.shape[1] // 2
        y = paddle.concat([y[:, :half], self.half(y[:, half:])], axis=1)
        return [self.classify(self.up(paddle.concat([x, y], axis=1)))]


def lively(model: nn.Layer) -> nn.Layer:
    """A network whose norms do something, so that a channel too many is seen."""
    for parameter in model.parameters():
        if parameter.ndim == 1 and not parameter.stop_gradient:
            parameter.set_value(paddle.uniform(parameter.shape, min=0.5, max=1.5))
    return model


def half_of(groups: list[Group]) -> set[int]:
    """Half of each group's units, by chance."""
    rng = np.random.default_rng(0)
    return {unit for group in groups for unit in rng.permutation(list(group.units))[: len(group) // 2].tolist()}


def check_removal(model: nn.Layer, shape: tuple[int, ...]) -> float:
    """Half of each group taken out: outputs are those with the channels silent, the cost is the one foretold, and the
    small network trains. Returns the share of the multiply-adds that stays."""
    graph = ChannelGraph(model, shape)
    gone = half_of(find_groups(graph))
    masked, picture = copy.deepcopy(model), paddle.rand(shape)
    for name, array in masked_arrays(graph, model, gone).items():
        masked.state_dict()[name].set_value(array)
    take_out(graph, model, gone)
    model.eval(), masked.eval()
    wanted, found = masked(picture)[0].numpy(), model(picture)[0].numpy()
    assert np.abs(found - wanted).max() <= 1e-4 * np.abs(wanted).max()
    foretold, whole = graph.macs(kept_places(graph, gone)), graph.macs(graph.all_kept())
    assert count(model, shape).macs == pytest.approx(foretold, rel=1e-3)
    model.train()
    outputs = paddle.utils.flatten(model(paddle.rand([2, *shape[1:]])))
    paddle.add_n([(output**2).mean() for output in outputs]).backward()
    return foretold / whole


def test_all_kinds_of_layers_are_cut_together():
    model = lively(Everything())
    assert check_removal(model, (1, 3, 32, 32)) < 0.4
    small = {name: tuple(value.shape) for name, value in model.state_dict().items()}
    assert small["stem.weight"] == (8, 3, 3, 3) and small["act._weight"] == (8,)
    assert small["depthwise.weight"] == (16, 1, 3, 3) and small["point.weight"] == (8, 16, 1, 1)
    assert small["grouped.weight"][1] == 2 and small["squeeze.weight"] == (small["grouped.weight"][0], 4)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(CASES))
def test_registered_networks_can_be_pruned_or_say_why_not(name: str):
    classes = {"num_classes": 2} if "num_classes" in inspect.signature(MODELS.get(name)).parameters else {}
    model = lively(build(CASES[name], **classes))
    before = {key: value.numpy().copy() for key, value in model.state_dict().items()}
    if name in REFUSED:
        with pytest.raises(ConfigError, match=REFUSED[name]):
            check_removal(model, (1, 3, 64, 64))
        assert all((value.numpy() == before[key]).all() for key, value in model.state_dict().items())
        assert not shapes_of(model)
    else:
        assert check_removal(model, (1, 3, 64, 64)) < 0.7


class CountsOnChannels(nn.Layer):
    """Its code holds a number of channels that no graph shows."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2D(3, 8, 1), nn.Conv2D(8, 2, 1)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        n, _, h, w = x.shape
        return [self.second(self.first(x).reshape([n, 8, h * w]).reshape([n, 8, h, w]))]


def test_a_network_whose_code_counts_on_its_channels_is_refused_and_whole():
    model = CountsOnChannels()
    before = model.first.weight.numpy()
    with pytest.raises(ConfigError, match="CountsOnChannels: its code counts on its channels"):
        check_removal(model, (1, 3, 16, 16))
    assert (model.first.weight.numpy() == before).all() and model(paddle.rand([1, 3, 16, 16]))[0].shape == [
        1,
        2,
        16,
        16,
    ]


def test_criteria_are_their_papers():
    conv, bn = nn.Conv2D(3, 5, 3), nn.BatchNorm2D(5)
    bn.weight.set_value(np.array([1, -2, 3, 0.5, 1], np.float32))
    model = nn.Sequential(conv, bn)
    units = {n: {("0.weight", 0): [n], ("1.weight", 0): [n]} for n in range(5)}
    group = Group("0", units)
    filters = conv.weight.numpy().reshape(5, -1).astype(np.float64)
    distances = np.array([[np.linalg.norm(a - b) for b in filters] for a in filters]).mean(axis=1)
    for criterion, wanted in (
        ("l1", np.abs(filters).mean(axis=1)),
        ("fpgm", distances),
        ("bn_scale", np.array([1, 2, 3, 0.5, 1])),
    ):
        found, known = importance(model, group, criterion)  # type: ignore[arg-type]
        np.testing.assert_allclose(found, wanted / wanted.mean(), rtol=1e-5)
        assert known
    without = Group("0", {n: {("0.weight", 0): [n]} for n in range(5)})
    found, known = importance(model, without, "bn_scale")
    assert not known and found.argmax() == np.abs(filters).mean(axis=1).argmax()


def test_a_target_is_met_by_what_loses_least():
    model = Everything()
    graph = ChannelGraph(model, (1, 3, 32, 32))
    groups = find_groups(graph)
    plan = Plan(graph, groups, [importance(model, group, "l1")[0] for group in groups], multiple=1)
    lost = [{0.5: 0.001, 0.75: 0.002} for _ in groups]
    dear = next(number for number, group in enumerate(groups) if group.name == "stem")
    lost[dear] = {0.5: 0.5, 0.75: 0.9}
    shares = plan.by_sensitivity(0.7, lost)
    assert 0.5 < plan.macs(shares) / plan.whole <= 0.7 and shares[dear] == 0
    assert 0.3 < plan.macs(plan.evenly(0.5)) / plan.whole <= 0.5
    with pytest.raises(
        ConfigError, match=r"0\.001 cannot be reached: at least .* stay where: .*what the network gives"
    ):
        plan.by_sensitivity(0.001, lost)


def test_weights_of_a_pruned_network_make_any_of_its_class_as_small(tmp_path: Path):
    model = MODELS.get("MediaPipeSelfie")(pretrained="zoo://portrait")
    inputs = [np.random.default_rng(0).uniform(-1, 1, (1, 3, 64, 64)).astype(np.float32)]
    done = prune(model, inputs, Prune(even=True, target_macs=0.6))
    assert done.macs[1] <= 0.6 * done.macs[0] and not done.curves
    paddle.save(model.state_dict(), str(tmp_path / "model.pdparams"))
    write_record(tmp_path, model)
    other = MODELS.get("MediaPipeSelfie")(pretrained=str(tmp_path))
    model.eval(), other.eval()
    picture = paddle.to_tensor(inputs[0])
    assert (other(picture)[0].numpy() == model(picture)[0].numpy()).all() and shapes_of(other) == shapes_of(model)
    with pytest.raises(WeightsError, match="of another shape"):
        load_weights(other, "zoo://portrait")
    (tmp_path / "pruned.json").write_text("[1")
    with pytest.raises(WeightsError, match=r"pruned\.json: is broken"):
        load_weights(MODELS.get("MediaPipeSelfie")(), tmp_path)


def test_the_command_prunes_trains_resumes_and_exports(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    save_dir = tmp_path / "half"
    command: list[Any] = ["slim", "prune", "--config", str(CONFIG), "--save_dir", str(save_dir)]
    command += [
        "--model_path",
        "zoo://pp_humanseg_v1_lite",
        "--target_macs",
        "0.6",
        "--slim",
        "photos=2",
        "tried=[0.75]",
    ]
    assert main([*command, "--opts", *SMALL, "iters=1", "save_interval=1"]) == 0
    assert "multiply-adds of" in capsys.readouterr().out
    assert len((save_dir / "pruned" / "sensitivity.csv").read_text().splitlines()) == 17
    assert (save_dir / "pruned" / "sensitivity.png").is_file()
    assert main([*command, "--resume", "auto", "--opts", *SMALL, "iters=2", "save_interval=1"]) == 0
    assert "at iter 1" in capsys.readouterr().out
    cfg = load_config(CONFIG, SMALL)
    model = assemble.model_from_config(cfg, str(save_dir / "iter_2"))
    small, whole = (count(each, (1, 3, 64, 64)).macs for each in (model, MODELS.get("PPHumanSegLite")()))
    assert small < 0.65 * whole
    card = assemble.card_from_config(cfg, weights=str(save_dir / "iter_2"))
    export_model(model, card, tmp_path / "export")
    assert load_card(tmp_path / "export")[0].pruned == shapes_of(model)
    assert main(command) == 2
    assert "holds a pruned network already" in capsys.readouterr().err


def script(root: Path, name: str) -> Any:
    spec = importlib.util.spec_from_file_location(Path(name).stem, root / "deploy" / "slim" / name)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_paddleseg_scripts_take_their_flags(root: Path, capsys: pytest.CaptureFixture[str]):
    pruning, distilling = script(root, "prune/prune.py"), script(root, "distill/distill_train.py")
    given = ["--config", "c.yml", "--pruning_ratio", "0.3", "--retraining_iters", "20", "--batch_size", "2"]
    assert pruning.translated(given) == [
        *("slim", "prune", "--config", "c.yml", "--save_dir", "./output", "--do_eval", "--iters", "20"),
        *("--target_macs", "0.7", "--batch_size", "2"),
    ]
    assert pruning.run([*given[:3], "1.5", *given[4:]]) == 2
    assert "--pruning_ratio: should lie between 0 and 1" in capsys.readouterr().err
    found = distilling.translated(["--teather_config", "t.yml", "--student_config", "s.yml", "--iters", "5"])
    assert found[:6] == ["slim", "distill", "--config", "s.yml", "--teacher_config", "t.yml"]
    assert found[-2:] == ["--iters", "5"] and Path(found[7]).is_file()
    assert read_settings(Distill, found[7]).distill_loss is not None
