"""PaddleSeg's names do what PaddleSeg's do."""

from __future__ import annotations

import logging
import runpy
import tarfile
import types
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import cv2
import numpy as np
import paddle
import pytest
from paddle import nn
from PIL import Image

import paddleseg.transforms.functional as functional
from paddleseg import models, optimizers, utils
from paddleseg.core import infer
from paddleseg.cvlibs import Builder, Config, SegBuilder, config_checker, manager, param_init
from paddleseg.cvlibs.config import merge_config_dicts
from paddleseg.cvlibs.manager import ComponentManager
from paddleseg.deploy.export import WrappedModel
from paddleseg.errors import ConfigError, DataError, DeviceError, WeightsError
from paddleseg.models import layers
from paddleseg.utils import logger, metrics
from paddleseg.utils.download import download_file_and_uncompress
from paddleseg.utils.progbar import Progbar
from paddleseg.utils.train_profiler import ProfilerOptions
from paddleseg.utils.utils import CachedProperty

PRESET = "configs/pp_humanseg/pp_humanseg_lite_mini_portrait.yml"


def small() -> nn.Sequential:
    return nn.Sequential(nn.Conv2D(3, 4, 3), nn.BatchNorm2D(4))


class TestUtilities:
    def test_log_lines_have_time_and_level(self, capsys: pytest.CaptureFixture[str], tmp_path: Path):
        logger.info("step %d", 3)
        assert capsys.readouterr().out.endswith(" [INFO]\tstep 3\n")
        own = logger.setup_logger("own", log_file=tmp_path / "logs" / "train.log")
        own.warning("careful")
        assert "[WARNING]\tcareful" in (tmp_path / "logs" / "train.log").read_text()
        assert logger.setup_logger("own") is own and len(own.handlers) == 2
        assert logger.setup_logger("second rank", log_ranks="1").level == logging.ERROR

    def test_times(self):
        timer = utils.TimeAverager()
        assert (timer.get_average(), timer.get_ips_average()) == (0, 0)
        timer.record(0.5, num_samples=4)
        timer.record(1.5, num_samples=4)
        assert (timer.get_average(), timer.get_ips_average()) == (1.0, 4.0)
        assert utils.calculate_eta(3725, 1.0) == "01:02:05"

    def test_seed_and_cached_property(self):
        utils.set_seed(7)
        first = (np.random.rand(), paddle.rand([1]).item())
        utils.set_seed(7)
        assert (np.random.rand(), paddle.rand([1]).item()) == first

        class Once:
            count = 0

            @CachedProperty
            def value(self) -> int:
                self.count += 1
                return self.count

        assert [(once := Once()).value, once.value] == [1, 1]

    def test_environment_and_settings_are_logged(self, capsys: pytest.CaptureFixture[str]):
        found = utils.get_sys_env()
        assert isinstance(found["Paddle compiled with cuda"], bool) and isinstance(found["GPUs used"], int)
        utils.show_env_info()
        utils.show_cfg_info(Config(PRESET))
        log = capsys.readouterr().out
        assert f"PaddlePaddle: {paddle.__version__}" in log and "train_dataset:" in log

    @pytest.mark.skipif(paddle.is_compiled_with_cuda(), reason="needs a Paddle without GPU")
    @pytest.mark.parametrize("device", ["gpu", "gpu:0"])
    def test_a_gpu_that_is_not_there_is_said(self, device: str, capsys: pytest.CaptureFixture[str]):
        utils.set_device(device)
        said = capsys.readouterr()
        assert "The CPU is used: the installed paddlepaddle" in said.out + said.err
        with pytest.raises(DeviceError):
            utils.set_device("npu")

    def test_lists_of_images(self, mini: Path):
        images, folder = utils.get_image_list(str(mini / "val.txt"))
        assert folder == str(mini) and all(Path(image).is_file() for image in images)
        assert utils.get_image_list(images[0]) == ([images[0]], None)
        with pytest.raises(DataError):
            utils.get_image_list(mini / "nothing.jpg")

    def test_weights_load_as_far_as_they_fit(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
        source, target = small(), small()
        state = {name: value for name, value in source.state_dict().items() if name != "0.bias"}
        paddle.save(state, str(tmp_path / "part.pdparams"))
        utils.load_entire_model(target, str(tmp_path / "part.pdparams"))
        assert bool(paddle.equal_all(source[0].weight, target[0].weight))
        log = capsys.readouterr().out
        assert "0.bias is not in the pretrained weights" in log and "5/6 variables" in log
        utils.load_entire_model(target, None)
        assert "starts at random" in capsys.readouterr().out
        paddle.save({"other": paddle.ones([2])}, str(tmp_path / "other.pdparams"))
        with pytest.raises(WeightsError, match="fits no part"):
            utils.load_pretrained_model(target, str(tmp_path / "other.pdparams"))

    def test_resume_what_a_loop_of_ones_own_saved(self, tmp_path: Path):
        def run(model: nn.Layer) -> paddle.optimizer.Momentum:
            optimizer = paddle.optimizer.Momentum(0.1, parameters=model.parameters())
            model(paddle.ones([1, 3, 8, 8])).sum().backward()
            optimizer.step()
            return optimizer

        model = small()
        optimizer = run(model)
        folder = tmp_path / "iter_40"
        folder.mkdir()
        paddle.save(model.state_dict(), str(folder / "model.pdparams"))
        paddle.save(optimizer.state_dict(), str(folder / "model.pdopt"))
        velocity = {name: value.numpy().copy() for name, value in optimizer.state_dict().items() if "velocity" in name}
        weight = model[0].weight.numpy().copy()
        model[0].weight.set_value(paddle.zeros_like(model[0].weight))
        fresh = paddle.optimizer.Momentum(0.1, parameters=model.parameters())
        assert utils.resume(model, fresh, str(folder)) == 40
        assert np.array_equal(model[0].weight.numpy(), weight)
        assert velocity and all(np.array_equal(fresh.state_dict()[name], value) for name, value in velocity.items())
        assert utils.resume(model, fresh, None) == 0
        with pytest.raises(WeightsError, match="not a checkpoint"):
            utils.resume(model, fresh, str(tmp_path))

    def test_average_of_weights(self):
        model, average = small(), small()
        utils.init_ema_params(average, model)
        assert utils.judge_params_equal(average, model)
        before = average[0].weight.numpy().copy()
        model[0].weight.set_value(model[0].weight + 1)
        utils.update_ema_model(average, model, step=1, decay=0.999)  # keeps a half at step 1
        assert np.allclose(average[0].weight.numpy(), before + 0.5, atol=1e-6)
        assert not utils.judge_params_equal(average, model)

    def test_progress_ends_in_a_line(self, capsys: pytest.CaptureFixture[str]):
        bar = Progbar(target=4, verbose=1)
        for step in range(1, 5):
            bar.update(step, [("loss", float(step))])
        assert capsys.readouterr().out.count("\n") == 1
        Progbar(target=2, verbose=2).add(2, [("loss", 3)])
        line = capsys.readouterr().out
        assert line.startswith("2/2 [====") and "loss: 3.0000" in line

    def test_profiler_options(self):
        options = ProfilerOptions("batch_range=[50, 60]; profile_path=model.profile; timer_only=False")
        assert (options["batch_range"], options["profile_path"]) == ([50, 60], "model.profile")
        assert options["timer_only"] is False
        for wrong in ("batch_range=[9,3]", "speed=1", "timer_only=perhaps"):
            with pytest.raises(ConfigError):
                ProfilerOptions(wrong)

    def test_measures_agree_with_counting(self):
        rng = np.random.default_rng(0)
        mask, label = (rng.integers(0, 3, (2, 1, 9, 7)) for _ in range(2))
        label[0, 0, 0] = 255
        areas = metrics.calculate_area(paddle.to_tensor(mask), paddle.to_tensor(label), 3)
        counted = label != 255
        for number in range(3):
            inside, truth = (mask == number) & counted, label == number
            assert [int(area[number]) for area in areas] == [(inside & truth).sum(), inside.sum(), truth.sum()]
        both, masks, labels = (area.numpy() for area in areas)
        iou, miou = metrics.mean_iou(*areas)
        assert np.allclose(iou, both / (masks + labels - both)) and np.isclose(miou, iou.mean())
        accuracy, precision, recall = metrics.class_measurement(*areas)
        assert np.isclose(accuracy, (mask == label)[counted].mean())
        assert np.allclose(precision, both / masks) and np.allclose(recall, both / labels)
        assert metrics.kappa(labels, labels, labels) == 1 and np.allclose(metrics.dice(*areas)[0], 2 * iou / (1 + iou))
        assert metrics.mean_iou([4, 0], [4, 0], [4, 0])[1] == 0.5  # PaddleSeg's: an absent class is 0

    def test_pictures_of_masks(self, mini: Path, tmp_path: Path):
        colors = utils.visualize.get_color_map_list(256)
        assert colors[:6] == [128, 0, 0, 0, 128, 0] and len(colors) == 768
        assert utils.visualize.get_color_map_list(2, custom_color=[1, 2, 3])[:6] == [1, 2, 3, 0, 128, 0]
        mask = np.array([[0, 1]], np.uint8)
        assert np.asarray(utils.visualize.get_pseudo_color_map(mask).convert("RGB")).tolist() == [
            [[128, 0, 0], [0, 128, 0]]
        ]
        photo = mini / (mini / "val.txt").read_text().split()[0]
        image = cv2.imread(str(photo))
        drawn = utils.visualize.visualize(str(photo), np.zeros(image.shape[:2], np.uint8), colors, weight=0.6)
        assert drawn is not None and abs(int(drawn[0, 0, 2]) - (0.6 * image[0, 0, 2] + 0.4 * 128)) <= 2
        utils.visualize.visualize(str(photo), np.zeros(image.shape[:2], np.uint8), colors, save_dir=tmp_path)
        assert [path.name for path in tmp_path.iterdir()] == [photo.name]

    def test_archives_are_fetched_and_unpacked(self, tmp_path: Path):
        served, here = tmp_path / "served", tmp_path / "here"
        (served / "data").mkdir(parents=True)
        (served / "data" / "list.txt").write_text("a b\n")
        with tarfile.open(served / "data.tar.gz", "w:gz") as tar:
            tar.add(served / "data", "data")
        with tarfile.open(served / "bad.tar.gz", "w:gz") as tar:
            tar.add(served / "data" / "list.txt", "../outside.txt")
        handler = type("Quiet", (SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
        server = ThreadingHTTPServer(("127.0.0.1", 0), lambda *args: handler(*args, directory=str(served)))
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            address = f"http://127.0.0.1:{server.server_port}"
            found = download_file_and_uncompress(f"{address}/data.tar.gz", here, here, "optic")
            assert found == str(here / "optic") and (here / "optic" / "list.txt").read_text() == "a b\n"
            assert not (here / "data.tar.gz").exists()
            with pytest.raises(DataError, match="outside its folder"):
                download_file_and_uncompress(f"{address}/bad.tar.gz", here, here)
            assert not (here / "bad").exists() and not (tmp_path / "outside.txt").exists()
        finally:
            server.shutdown()
            server.server_close()


class TestLibraries:
    def test_a_family_of_ones_own(self):
        heads = ComponentManager("heads")

        @heads.add_component
        class PointHead:
            def __init__(self, width: int, inner: Any = None):
                self.width, self.inner = width, inner

        assert heads["PointHead"] is PointHead and len(heads) == 1 and "PointHead" in heads.components_dict
        with pytest.raises(ConfigError, match="NoHead"):
            heads["NoHead"]
        nested = {"type": "PointHead", "width": 2, "inner": {"type": "PointHead", "width": 1}}
        made = Builder(None, comp_list=[heads]).build_component(nested)
        assert (made.width, made.inner.width) == (2, 1)

    def test_families_are_asked_in_paddlesegs_way(self):
        held = manager.LOSSES.components_dict
        assert "DiceLoss" in held and "NoLoss" not in held and len(held) == len(manager.LOSSES) > 20
        assert held["DiceLoss"] is manager.LOSSES["DiceLoss"] and held.get("NoLoss") is None

    def test_starting_values(self):
        layer = nn.Linear(16, 8)
        param_init.constant_init(layer.weight, value=3.0)
        assert bool((layer.weight == 3).all())
        param_init.th_linear_fill(layer)
        assert 0.15 < float(layer.weight.abs().max()) <= 0.25 and float(layer.bias.abs().max()) <= 0.25
        for init in ("uniform_init", "normal_init", "kaiming_normal_init", "trunc_normal_init", "xavier_uniform"):
            before = layer.weight.numpy().copy()
            getattr(param_init, init)(layer.weight)
            assert not np.array_equal(before, layer.weight.numpy()), init
        param_init.multihead_fill(nn.MultiHeadAttention(8, 2))

    def test_rules_of_ones_own(self):
        class Shorter(config_checker.Rule):
            def check_and_correct(self, cfg: Config) -> None:
                cfg.dic["iters"] = 7

        assert Config(PRESET, checker=config_checker.ConfigChecker([Shorter()])).iters == 7
        kept = config_checker.ConfigChecker([Shorter()], allow_update=False)
        assert Config(PRESET, iters=9, checker=kept).iters == 9
        base = {"model": {"type": "A", "width": 1}, "iters": 5}
        assert merge_config_dicts({"model": {"width": 2}}, base) == {"model": {"type": "A", "width": 2}, "iters": 5}
        assert merge_config_dicts({"model": {"type": "B", "_inherited_": False}}, base)["model"] == {"type": "B"}

    def test_the_builders_optimizer_follows_the_schedule(self):
        builder = SegBuilder(Config(PRESET, iters=100, learning_rate=0.1))
        rate, optimizer = builder.lr_scheduler, builder.optimizer
        assert optimizer.get_lr() == rate(0) == rate()
        for _ in range(50):
            rate.step()
        assert optimizer.get_lr() == rate(50) != rate(0)

    def test_optimizers_wait_for_a_model(self):
        model = small()
        optimizer = optimizers.Momentum(momentum=0.8, weight_decay=0.1)(model, 0.5)
        assert isinstance(optimizer, paddle.optimizer.Momentum) and optimizer.get_lr() == 0.5
        schedule = paddle.optimizer.lr.StepDecay(0.5, step_size=1)
        follower = optimizers.AdamW()(model, schedule)
        schedule.step()
        assert follower.get_lr() == pytest.approx(0.05)

    @pytest.mark.parametrize("name", ["AdamWDL", "AdamWDL_CAE"])
    def test_deeper_layers_learn_slower(self, name: str):
        model = nn.Layer()
        model.backbone, model.head = nn.Layer(), nn.Linear(2, 2)
        model.backbone.patch_embed = nn.Linear(2, 2)
        model.backbone.blocks = nn.LayerList([nn.Linear(2, 2) for _ in range(2)])
        before = {key: value.numpy() for key, value in model.state_dict().items()}
        for parameter in model.parameters():
            parameter.stop_gradient = False
            (parameter * 1.0).sum().backward()
        looks = {
            "custom_cfg": [{"name": "head", "lr_mult": 2.0}],
            "grad_clip_cfg": {"name": "ClipGradByNorm", "clip_norm": 1.0},  # Adam's first step has one length for all
        }
        getattr(optimizers, name)(layerwise_decay=0.5, weight_decay=0.1, **looks)(model, 0.01).step()
        rates = {"patch_embed": 0.125, "blocks.0": 0.25, "blocks.1": 0.5, "head": 2.0}
        for key, value in model.state_dict().items():
            rate = 0.01 * next(factor for part, factor in rates.items() if part in key)
            decayed = name == "AdamWDL" or key.endswith("weight")
            expected = before[key] * (1 - rate * 0.1 * decayed) - rate  # the first step of Adam is the rate itself
            assert np.allclose(value.numpy(), expected, atol=1e-6), key

    def test_a_network_without_blocks_has_no_layerwise_rate(self):
        with pytest.raises(ValueError, match="AdamW for this network"):
            optimizers.AdamWDL()(small(), 0.1)


class Halves(nn.Layer):
    """Class 1 where the first channel is positive."""

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        return [paddle.concat([-x[:, :1], x[:, :1]], axis=1)]


class TestInference:
    def test_back_to_the_pictures_size(self):
        pred = paddle.to_tensor(np.arange(16).reshape(1, 1, 4, 4))
        # resized from 8x8 to 2x2, then padded to 4x4
        back = infer.reverse_transform(pred, [("resize", (8, 8)), ("padding", (2, 2))])
        assert back.shape == [1, 1, 8, 8] and back.dtype == pred.dtype
        assert sorted(set(back.numpy().ravel().tolist())) == [0, 1, 4, 5]
        with pytest.raises(ValueError, match="turn"):
            infer.reverse_transform(pred, [("turn", (1, 1))])

    def test_windows_scales_and_flips_see_the_same(self):
        image = paddle.to_tensor(np.random.default_rng(0).normal(size=(1, 3, 12, 10)).astype("float32"))
        plain = infer.inference(Halves(), image)
        assert isinstance(plain, paddle.Tensor) and plain.shape == [1, 2, 12, 10]
        slid = infer.inference(Halves(), image, is_slide=True, crop_size=(4, 6), stride=(2, 3))
        assert np.allclose(slid, plain, atol=1e-6)
        classes, logits = infer.aug_inference(Halves(), image, [("resize", (24, 20))], 1.0, True, True)
        assert classes.shape == [1, 1, 24, 20] and logits.shape == [1, 2, 24, 20]
        direct, _ = infer.inference(Halves(), image, [("resize", (24, 20))])
        assert bool(paddle.equal_all(classes, direct))
        assert infer.flip_combination(True, True) == [(False, False), (True, False), (False, True), (True, True)]

    def test_a_model_with_the_end_of_a_graph(self):
        image = paddle.to_tensor([[[[1.0, -1.0]]] * 3]).reshape([1, 3, 1, 2])
        assert WrappedModel(Halves(), "argmax")(image)[0].numpy().tolist() == [[[1, 0]]]
        assert np.allclose(WrappedModel(Halves(), "softmax")(image)[0].sum(1), 1)
        with pytest.raises(ValueError, match="output_op"):
            WrappedModel(Halves(), "none")


class TestLayers:
    def test_padding_is_the_fourth_argument(self):
        x = paddle.rand([2, 4, 9, 9])
        assert layers.ConvBNReLU(4, 6, 3, 0)(x).shape == [2, 6, 7, 7]
        assert layers.ConvBN(4, 6, 3, stride=1)(x).shape == [2, 6, 9, 9]
        assert layers.SeparableConvBNReLU(4, 6, 3, 1, stride=2)(x).shape == [2, 6, 5, 5]
        assert layers.ConvBNAct(4, 6, 1, act_type="sigmoid")(x).min() > 0
        assert layers.ConvGNAct(4, 6, 3, num_groups=2, act_type="relu")(x).min() >= 0
        with pytest.raises(KeyError, match="no activation"):
            layers.Activation("not_there")

    def test_parameters_have_paddlesegs_names(self):
        names = set(layers.SeparableConvBNReLU(4, 6, 3).state_dict())
        assert {"depthwise_conv._conv.bias", "piontwise_conv._batch_norm._mean"} <= names
        assert {"conv_xy_atten.0._conv.weight", "_scale"} <= set(layers.UAFM_SpAtten(4, 4, 4).state_dict())

    @pytest.mark.parametrize("name", [name for name in layers.__all__ if name.startswith("UAFM")])
    def test_fusions(self, name: str):
        fused = getattr(layers, name)(4, 8, 6)(paddle.rand([2, 4, 8, 8]), paddle.rand([2, 8, 4, 4]))
        assert fused.shape == [2, 6, 8, 8]
        with pytest.raises(ValueError, match="larger"):
            getattr(layers, name)(4, 8, 6)(paddle.rand([1, 4, 2, 2]), paddle.rand([1, 8, 4, 4]))

    def test_pyramids(self):
        x = paddle.rand([2, 8, 7, 7])
        assert layers.ASPPModule([1, 2], 8, 4, False, use_sep_conv=True, image_pooling=True)(x).shape == [2, 4, 7, 7]
        assert layers.PPModule(8, 4, (1, 2), True, False)(x).shape == [2, 4, 7, 7]
        assert layers.AuxLayer(8, 4, 3)(x).shape == [2, 3, 7, 7]
        maps = [paddle.rand([1, 2, side, side]) for side in (16, 8, 4, 2)]
        assert layers.JPU([2, 2, 2], 4)(*maps)[-1].shape == [1, 16, 8, 8]

    def test_attention_takes_the_values_of_like_places(self):
        block = layers.AttentionBlock(4, 4, 4, 4, False, None, None, 1, 1, False, False, True, False)
        for project in (block.key_project, block.query_project, block.value_project):
            project.weight.set_value(
                paddle.eye(4).reshape([4, 4, 1, 1]) * (100 if project is block.query_project else 1)
            )
            project.bias.set_value(paddle.zeros([4]))
        places = paddle.eye(4).reshape([1, 4, 2, 2])
        assert np.allclose(block(places, places), places, atol=1e-4)

    def test_functions_as_layers(self):
        a, b = paddle.to_tensor([4.0, 6.0]), paddle.to_tensor([2.0, 3.0])
        found = {name: getattr(layers, name)()(a, b).tolist() for name in ("Add", "Subtract", "Multiply", "Divide")}
        assert found == {"Add": [6, 9], "Subtract": [2, 3], "Multiply": [8, 18], "Divide": [2, 2]}
        assert layers.Concat()([a, b], axis=0).shape == [4] and layers.Reshape()(a, [2, 1]).shape == [2, 1]

    @pytest.mark.parametrize("sub_sample", [False, True])
    @pytest.mark.parametrize("mode", ["gaussian", "embedded_gaussian", "dot_product", "concatenation"])
    def test_non_local_means(self, mode: str, sub_sample: bool):
        block = layers.NonLocal2D(4, 2, sub_sample=sub_sample, mode=mode)
        block.eval()
        x = paddle.randn([2, 4, 4, 6])
        pool = nn.MaxPool2D(2) if sub_sample else nn.Identity()
        convs = dict(block.named_sublayers())
        g, phi, theta = (convs.get(f"{name}.0", convs.get(name)) for name in ("g", "phi", "theta"))
        values = pool(g(x)).flatten(2).numpy()  # (N, C/2, M)
        if mode == "gaussian":
            queries, keys = x.flatten(2).numpy(), pool(x).flatten(2).numpy()
        else:
            queries, keys = theta(x).flatten(2).numpy(), pool(phi(x)).flatten(2).numpy()
        weights = np.einsum("ncl,ncm->nlm", queries, keys)
        if mode == "concatenation":
            left = np.repeat(queries[..., None], keys.shape[2], axis=3)
            right = np.repeat(keys[:, :, None], queries.shape[2], axis=2)
            pairs = paddle.to_tensor(np.concatenate([left, right], axis=1))
            weights = block.concat_project(pairs).squeeze(1).numpy()
        if "gaussian" in mode:
            powers = np.exp(weights / (2**0.5 if mode == "embedded_gaussian" else 1))
            weights = powers / powers.sum(2, keepdims=True)
        else:
            weights = weights / keys.shape[2]
        found = np.einsum("nlm,ncm->ncl", weights, values).reshape(2, 2, 4, 6)
        assert np.allclose(block(x), x + block.conv_out(paddle.to_tensor(found)), atol=1e-5)
        with pytest.raises(ValueError, match="mode"):
            layers.NonLocal2D(4, mode="other")

    @pytest.mark.parametrize("spatial", [True, False])
    def test_few_patterns_give_a_map_of_low_rank_again(self, spatial: bool):
        patterns = paddle.rand([2, 6, 2]), paddle.rand([2, 2, 20])
        x = paddle.bmm(*patterns).reshape([2, 6, 4, 5])
        block = layers.NMF2D({"MD_R": 2, "SPATIAL": spatial, "EVAL_STEPS": 300, "RAND_INIT": False})
        block.eval()
        assert np.allclose(block(x), x, atol=0.1) and np.array_equal(block(x), block(x))
        assert block.state_dict()["bases"].shape == [1, 6 if spatial else 20, 2]

    def test_polarized_attention_weighs_channels_and_places(self):
        block = layers.PolarizedSelfAttentionModule(4, 4)
        x = paddle.randn([2, 4, 3, 5])
        flat = x.flatten(2).numpy()
        kernels = {key: value.numpy()[..., 0, 0] for key, value in block.state_dict().items()}

        def softmax(scores: np.ndarray) -> np.ndarray:
            powers = np.exp(scores)
            return powers / powers.sum(-1, keepdims=True)

        where = softmax(kernels["conv_q_right.weight"] @ flat)
        told = kernels["conv_up.weight"] @ (kernels["conv_v_right.weight"] @ flat @ where.transpose(0, 2, 1))
        mean = (kernels["conv_q_left.weight"] @ flat).mean(2, keepdims=True)
        places = softmax(mean.transpose(0, 2, 1) @ (kernels["conv_v_left.weight"] @ flat))
        expected = flat / (1 + np.exp(-told)) + flat / (1 + np.exp(-places))
        assert np.allclose(block(x).flatten(2), expected, atol=1e-5)


class TestFunctional:
    image = np.arange(24, dtype=np.uint8).reshape(4, 2, 3)

    def test_sizes(self):
        assert functional.resize(self.image, (6, 8)).shape == (8, 6, 3)
        assert functional.resize_long(self.image, 8).shape == (8, 4, 3)
        assert functional.resize_short(self.image, 4).shape == (8, 4, 3)
        assert functional.rescale_size((4, 2), (8, 6)) == ([8, 4], 2.0)
        assert np.array_equal(functional.crop(self.image, (0, 1, 1, 3)), self.image[1:3, :1])

    def test_values_and_flips(self):
        assert np.allclose(functional.normalize(self.image, [0.5] * 3, [0.5] * 3), self.image / 127.5 - 1, atol=1e-6)
        assert np.array_equal(functional.horizontal_flip(self.image), self.image[:, ::-1])
        assert np.array_equal(functional.vertical_flip(self.image[..., 0]), self.image[::-1, :, 0])
        picture = Image.fromarray(self.image)
        assert np.array_equal(functional.brightness(picture, 0, 0), self.image * 0)
        for change in ("contrast", "saturation", "sharpness", "rotate", "hue"):
            low, high = (0, 0) if change in ("rotate", "hue") else (1, 1)
            assert (
                np.abs(np.asarray(getattr(functional, change)(picture, low, high)).astype(int) - self.image).max() <= 2
            )

    def test_edges(self):
        mask = np.zeros((6, 8), np.uint8)
        mask[:, 4:] = 1
        edge = functional.mask_to_binary_edge(mask, 1, 2)
        assert edge.shape == (1, 6, 8) and edge[0, 3].tolist() == [1, 0, 0, 1, 1, 0, 0, 1]
        with pytest.raises(ValueError, match="radius"):
            functional.onehot_to_binary_edge(functional.mask_to_onehot(mask, 2), 0)


@pytest.mark.parametrize("name", ["ResNet18_vd", "STDC1", "HRNet_W18", "MobileNetV2_x1_0", "MixVisionTransformer_B0"])
def test_networks_of_paddlesegs_style_stand_on_our_backbones(name: str):
    class Network(nn.Layer):
        def __init__(self, num_classes: int, backbone: Any):
            super().__init__()
            self.backbone = backbone
            self.context = layers.ASPPModule([1, 6], backbone.feat_channels[-1], 8, False, image_pooling=True)
            self.classes = layers.AuxLayer(8, 8, num_classes)

        def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
            logits = self.classes(self.context(self.backbone(x)[-1]))
            return [nn.functional.interpolate(logits, x.shape[2:], mode="bilinear")]

    found = Network(3, getattr(models, name)())(paddle.rand([2, 3, 64, 64]))
    assert found[0].shape == [2, 3, 64, 64]


def test_an_exported_folders_settings(tmp_path: Path):
    from paddleseg.deploy.infer import DeployConfig

    steps = "[{type: Resize, target_size: [4, 6]}, {type: Normalize}]"
    text = f"Deploy: {{model: m.json, params: m.pdiparams, transforms: {steps}}}"
    (tmp_path / "deploy.yaml").write_text(text)
    config = DeployConfig(tmp_path / "deploy.yaml")
    assert (config.model, config.params) == (str(tmp_path / "m.json"), str(tmp_path / "m.pdiparams"))
    assert [type(step).__name__ for step in config.transforms.transforms] == ["Resize", "Normalize"]


def test_flops_of_a_synchronised_norm():
    layer = types.SimpleNamespace(total_ops=1)
    utils.op_flops_funs.count_syncbn(layer, [paddle.ones([2, 3])], None)
    assert layer.total_ops == 13


def test_the_onnx_tools_flags():
    path = Path(__file__).parents[1] / "tools" / "model" / "export_onnx.py"
    tool = runpy.run_path(str(path))
    flags = ["--config", "a.yml", "--model_path", "w", "--width", "64", "--height", "32", "--opts", "x-a=1"]
    ours = ["export", "--onnx", "--config", "a.yml", "--save_dir", "./output/tmp", "--model_path", "w"]
    shape = ["--input_shape", "1", "3", "32", "64", "--output_op", "none", "--opts", "x-a=1"]
    assert tool["translated"](flags) == [*ours, *shape]
    assert "--input_shape" not in tool["translated"](["--config", "a.yml"])
