"""What PaddleSeg's files, arguments and checkpoints mean here is what they mean there."""

from __future__ import annotations

import gzip
import json
import os
import re
import runpy
from pathlib import Path
from typing import Any

import numpy as np
import paddle
import pytest
from model_cases import build
from run_parts import OneRun, cli

import paddleseg.transforms as T
from paddleseg import compat
from paddleseg.arrays_only import read_arrays
from paddleseg.cli import train
from paddleseg.cli.main import build_parser
from paddleseg.engine import checkpoint
from paddleseg.engine.saved import entries
from paddleseg.errors import ConfigError, WeightsError
from paddleseg.geometry import Geometry
from paddleseg.inference.predictor import Predictor
from paddleseg.losses.lovasz import LovaszHingeLoss
from paddleseg.models.backbones.stdc import STDC1
from paddleseg.models.paddleseg_names import renamed
from paddleseg.models.weights import load_weights, our_names
from paddleseg.optim.optimizers import Momentum
from paddleseg.transforms.sample import Sample


@pytest.fixture(autouse=True)
def at_root(root: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(root)


class TestLosses:
    def test_hinge_of_independent_classes_counts_all_pixels_together(self):
        rng = np.random.default_rng(0)
        scores, labels = rng.normal(size=(2, 3, 5, 4)).astype("float32"), rng.integers(0, 2, (2, 3, 5, 4))
        labels[0, 1, 2] = 255
        logits = paddle.to_tensor(scores, stop_gradient=False)
        loss = LovaszHingeLoss()(logits, paddle.to_tensor(labels))
        as_one = LovaszHingeLoss()(
            paddle.to_tensor(scores.reshape(2, 1, 15, 4)), paddle.to_tensor(labels.reshape(2, 15, 4))
        )
        assert float(loss) == pytest.approx(float(as_one))
        loss.backward()
        assert float(logits.grad[0, 1, 2].abs().sum()) == 0 < float(logits.grad.abs().sum())


class TestArguments:
    def test_the_backbones_rate_is_its_own(self):
        network = paddle.nn.Sequential(STDC1(relative_lr=0.1), paddle.nn.Conv2D(3, 3, 1))
        rates = {group["learning_rate"]: len(group["params"]) for group in Momentum(network, 0.01)._param_groups}
        learned = [parameter for parameter in network[0].parameters() if not parameter.stop_gradient]
        assert rates == {0.1: len(learned), 1.0: 2}

    @pytest.mark.parametrize(("arguments", "width"), [({}, 4), ({"edge_size": 2}, 2), ({"edge_size": 3}, 3)])
    def test_edges_are_as_wide_as_they_should_be(self, arguments: dict[str, int], width: int):
        label = np.zeros((40, 40), np.uint8)
        label[:, 20:] = 1
        image = np.zeros((40, 40, 3), np.uint8)
        sample = T.AddEdgeLabel(**arguments)(Sample(image, label, np.random.default_rng(0), Geometry((40, 40))))
        assert sample.extra["edge"][20].sum() == width


@pytest.mark.slow
class TestTraining:
    def test_the_compiled_graph_trains_on_a_cpu_as_layer_by_layer(self, tmp_path: Path, capsys):
        losses = []
        for name, flags in (("plain", []), ("static", ["--to_static_training"])):
            opts = ("iters=2", "save_interval=2", "train.ema=null", "train.log_iters=1")
            assert cli(tmp_path / name, "--device", "cpu", *flags, opts=opts) == 0
            out = capsys.readouterr().out
            lines = [
                line for line in out.splitlines() if re.match(r"[-\d]{10} [:\d]{8} \[INFO\]\t\[TRAIN\] epoch: ", line)
            ]
            losses.append([float(re.search(r"loss: ([\d.]+)", line)[1]) for line in lines])  # type: ignore[index]
        assert len(losses[0]) == 2 and losses[0] == pytest.approx(losses[1], abs=2e-4)


class TestSwitch:
    def test_a_release_that_is_not_known(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv(compat.VARIABLE, "1.0")
        with pytest.raises(ConfigError, match=r"no release '1.0' of PaddleSeg is known\n  hint: set it to 2.8 or 2.9"):
            compat.release()

    @pytest.mark.parametrize(
        ("release", "gate", "op", "line"),
        [
            ("", "sigmoid", "softmax", r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \[INFO\]\ta"),
            ("2.8", "relu6", "argmax", r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \[INFO\]\ta"),
            ("2.9", "sigmoid", "argmax", r"\[\d{4}/\d\d/\d\d \d\d:\d\d:\d\d\] INFO: a"),
        ],
    )
    def test_what_it_changes(self, monkeypatch: pytest.MonkeyPatch, release: str, gate: str, op: str, line: str):
        monkeypatch.setenv(compat.VARIABLE, release)
        assert (compat.gate(), compat.output_op()) == (gate, op)
        assert re.fullmatch(line, compat.stamped("a"))


class TestCheckpoints:
    @pytest.fixture
    def paddlesegs(self, tmp_path: Path) -> tuple[Path, OneRun]:
        """A checkpoint as PaddleSeg leaves it, and the run that it is of."""
        reference = Path("tests/paddleseg_reference/pp_humanseg_lite.json.gz")
        names: list[str] = list(json.loads(gzip.decompress(reference.read_bytes()))["state"])
        run = OneRun([])
        run.model(paddle.rand([1, 3, 32, 32]))[0].mean().backward()
        run.stepper.optimizer.step()
        own = run.model.state_dict()
        folder = tmp_path / "iter_5"
        folder.mkdir()
        state = {published: own[name] for published, name in our_names(run.model, names).items()}
        assert len(state) == len(own) and not set(state) & set(own)
        paddle.save(state, str(folder / "model.pdparams"))
        paddle.save(run.stepper.optimizer.state_dict(), str(folder / "model.pdopt"))
        return folder, run

    def test_one_of_paddlesegs_gives_back_weights_optimizer_and_step(self, paddlesegs: tuple[Path, OneRun]):
        folder, written = paddlesegs
        fresh = OneRun([])
        said = checkpoint.restore(folder, fresh)
        assert said == "PaddleSeg wrote it, so the step is that of its name, and no best value is known"
        assert fresh.state.step == 5
        first, second = (numbers(run) for run in (written, fresh))
        assert first.keys() == second.keys() and sum("moment" in name for name in first) > 2 * 100
        for name in first:
            np.testing.assert_array_equal(first[name], second[name])

    def test_one_of_ours_that_lost_its_description_is_none_of_paddlesegs(self, tmp_path: Path):
        run = OneRun([])
        checkpoint.save(tmp_path / "iter_2", run)
        (tmp_path / "iter_2" / "state.json").unlink()
        with pytest.raises(WeightsError, match=r"is not a checkpoint: state.json missing"):
            checkpoint.restore(tmp_path / "iter_2", run)

    def test_training_goes_on_from_it_and_leaves_it(self, paddlesegs: tuple[Path, OneRun], capsys):
        folder, _ = paddlesegs
        opts = ("iters=7", "save_interval=1", "train.keep_checkpoint_max=1", "train.ema=null")
        assert cli(folder.parent, "--resume_model", str(folder), opts=opts) == 0
        assert f"Resumed {folder} at iter 5. Note: PaddleSeg wrote it" in capsys.readouterr().out
        assert [entry.folder.name for entry in entries(folder.parent)] == ["iter_5", "iter_7"]


class TestNames:
    """Weights under the names of PaddleSeg's networks."""

    @pytest.mark.parametrize(
        "name", ["pp_humanseg_lite", "mobileseg_portrait", "segformer_b0", "fcn_hrnet_w18_small_v1"]
    )
    def test_they_are_those_that_paddleseg_has(self, name: str, tmp_path: Path):
        reference = json.loads(gzip.decompress(Path(f"tests/paddleseg_reference/{name}.json.gz").read_bytes()))
        model = build(reference["model"])
        found = renamed(model, model.state_dict())
        assert found is not None
        shapes = {published: list(value.shape) for published, value in found.items()}
        assert shapes.items() <= reference["state"].items()
        paddle.save(found, str(tmp_path / "model.pdparams"))
        fresh = build(reference["model"])
        load_weights(fresh, tmp_path / "model.pdparams")
        for (_, one), (_, other) in zip(model.state_dict().items(), fresh.state_dict().items(), strict=True):
            np.testing.assert_allclose(one.numpy(), other.numpy(), atol=1e-6)

    def test_a_script_that_sets_them_by_itself_sets_all(self):
        one, other = (build({"type": "PPHumanSegLite"}) for _ in range(2))
        found = renamed(one, one.state_dict())
        assert found is not None and not set(found) & set(one.state_dict())
        assert other.set_dict(found) == ([], [])
        for name, value in other.state_dict().items():
            np.testing.assert_array_equal(value.numpy(), one.state_dict()[name].numpy())

    def test_checkpoints_have_them_where_a_release_is_followed(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv(compat.VARIABLE, "2.8")
        run = OneRun([])
        checkpoint.save(tmp_path / "iter_1", run)
        assert "conv_bn0._conv.weight" in read_arrays(tmp_path / "iter_1" / "model.pdparams")
        fresh = OneRun([])
        checkpoint.restore(tmp_path / "iter_1", fresh)
        for name, value in numbers(run).items():
            np.testing.assert_array_equal(value, numbers(fresh)[name])

    def test_a_network_of_ours_alone_keeps_its_own(self):
        model = build({"type": "PortraitSwift"})
        assert renamed(model, model.state_dict()) is None


class TestFlags:
    def test_those_without_effect_are_named(self):
        flags = [
            "--config",
            "a.yml",
            "--data_format",
            "NHWC",
            "--output_op",
            "argmax",
            "--input_shape",
            "1",
            "3",
            "9",
            "9",
        ]
        said = list(train.unused(build_parser("train").parse_args(["train", *flags, "--for_fd"])))
        assert len(said) == 4 and all("changes nothing" in line for line in said)
        assert not list(train.unused(build_parser("train").parse_args(["train", "--config", "a.yml"])))

    def test_analyse_takes_paddlesegs(self, root: Path):
        translated = runpy.run_path(str(root / "tools" / "analyse.py"))["translated"]
        colors = ["--custom_color", "0", "0", "0", "9", "9", "9"]
        arguments, said = translated(
            ["--config", "a.yml", "--aug_pred", "--image_path", "a.jpg", *colors, "--is_slide"]
        )
        args = build_parser("val").parse_args(["val", *arguments])
        assert args.aug_eval and args.is_slide and args.save_dir == "./output/analyse"
        assert [line.split()[0] for line in said] == ["--image_path", "--custom_color"]

    @pytest.mark.parametrize(("flags", "given"), [([], False), (["--auc_roc"], True), (["--auc_roc", "True"], True)])
    def test_switches_may_be_followed_by_a_word(self, flags: list[str], given: bool):
        assert build_parser("val").parse_args(["val", "--config", "a.yml", *flags]).auc_roc is given

    def test_compat_sets_the_release_for_the_process_and_its_children(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv(compat.VARIABLE, "")
        build_parser("export").parse_args(["export", "--config", "a.yml", "--compat", "2.8"])
        assert compat.release() == "2.8" == os.environ[compat.VARIABLE]


def numbers(run: Any) -> dict[str, np.ndarray]:
    """The weights, and what the optimizer keeps, by our names of the parameters."""
    moments = {name: value for name, value in checkpoint._optimizer_state(run).items() if "moment" in name}
    return {name: np.asarray(value) for name, value in {**run.model.state_dict(), **moments}.items()}


def test_an_export_of_paddle_3_whose_card_names_another_file_runs(tmp_path: Path):
    paddle.jit.save(
        paddle.jit.to_static(paddle.nn.Conv2D(3, 2, 1)),
        str(tmp_path / "model"),
        [paddle.static.InputSpec([1, 3, 8, 8])],
    )
    assert (tmp_path / "model.json").is_file()
    deploy = {"model": "model.pdmodel", "params": "model.pdiparams", "input_shape": [1, 3, 8, 8], "output_op": "none"}
    (tmp_path / "deploy.yaml").write_text(json.dumps({"Deploy": deploy | {"transforms": []}}))
    predictor = Predictor.from_export(tmp_path, "paddle")
    assert predictor.runtime(np.zeros((1, 3, 8, 8), np.float32)).shape == (1, 2, 8, 8)
