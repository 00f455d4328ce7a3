"""Multiply-adds against numbers worked out by hand, memory, receptive fields of branches and chains, the command."""

from __future__ import annotations

import json
import runpy
import subprocess
import sys
from pathlib import Path

import paddle
import paddle.nn.functional as F
import pytest
from paddle import nn

from paddleseg import zoo
from paddleseg.analysis.macs import count
from paddleseg.analysis.receptive_field import receptive_field
from paddleseg.card import read_card
from paddleseg.cli.main import main
from paddleseg.models.build import build_network
from paddleseg.models.layers import SeparableConv, max_pool, upsample
from paddleseg.models.layers.basic import ConvBN, ConvBNReLU
from paddleseg.models.layers.reparam import RepConv

CONFIG = "configs/pp_humanseg/pp_humanseg_lite_mini_portrait.yml"


class Chain(nn.Layer):
    """Layers one after the other, resized to the input."""

    def __init__(self, *layers: nn.Layer):
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        return [self.layers(x)]


class Pool(nn.Layer):
    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        return max_pool(x, 3, stride=2, padding=1)


class Branches(nn.Layer):
    """A far look at a quarter of the size, added to a near one."""

    def __init__(self, far: nn.Layer):
        super().__init__()
        self.near, self.far = ConvBN(3, 4, 3), far

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        return [self.near(x) + upsample(self.far(x), x)]


class Global(nn.Layer):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2D(3, 4, 1)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        return F.hardsigmoid(self.conv(F.adaptive_avg_pool2d(x, 1)))


class Attention(nn.Layer):
    def __init__(self):
        super().__init__()
        self.project = nn.Linear(3, 8)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        n, _, h, w = x.shape
        tokens = self.project(x.flatten(2).transpose([0, 2, 1]))
        seen = F.softmax(paddle.matmul(tokens, tokens, transpose_y=True)) @ tokens
        return [seen.transpose([0, 2, 1]).reshape([n, 8, h, w])]


class TestMacs:
    @pytest.mark.parametrize(
        ("layer", "macs", "parameters"),
        [
            (nn.Conv2D(4, 6, 3, padding=1), 10 * 12 * 6 * 4 * 9, 6 * 4 * 9 + 6),
            (nn.Conv2D(4, 6, 3, stride=2, padding=1), 5 * 6 * 6 * 4 * 9, 6 * 4 * 9 + 6),
            (nn.Conv2D(4, 6, 3, padding=1, groups=2), 10 * 12 * 6 * 2 * 9, 6 * 2 * 9 + 6),
            (nn.Conv2D(4, 4, (1, 5), padding=(0, 2), groups=4, bias_attr=False), 10 * 12 * 4 * 5, 4 * 5),
            (nn.Conv2D(4, 6, 3, padding=2, dilation=2), 10 * 12 * 6 * 4 * 9, 6 * 4 * 9 + 6),
            (nn.Conv2DTranspose(4, 6, 2, stride=2), 10 * 12 * 4 * 6 * 4, 4 * 6 * 4 + 6),
            (nn.Conv2DTranspose(4, 6, 3, stride=2, groups=2), 10 * 12 * 4 * 3 * 9, 4 * 3 * 9 + 6),
            (nn.Conv2DTranspose(4, 4, 4, stride=2, groups=4), 10 * 12 * 4 * 16, 4 * 16 + 4),
        ],
        ids=["conv", "strided", "grouped", "depth-wise 1x5", "dilated", "transposed", "its groups", "its depth-wise"],
    )
    def test_one_layer(self, layer: nn.Layer, macs: int, parameters: int):
        cost = count(Chain(layer), (1, 4, 10, 12))
        assert [(row.name, row.macs, row.parameters) for row in cost.layers] == [("layers.0", macs, parameters)]
        assert cost.parameters == parameters
        assert count(Chain(layer), (3, 4, 10, 12)).macs == 3 * macs

    def test_products_of_attention_are_counted_though_no_layer_stands_for_them(self):
        cost = count(Attention(), (1, 3, 4, 5))
        rows = [(row.name, row.macs) for row in cost.layers]
        assert rows == [("project", 20 * 3 * 8), ("", 20 * 20 * 8), ("", 20 * 20 * 8)]

    def test_branches_that_inference_folds_count_as_one_convolution(self):
        model = Chain(RepConv(4, 4, 3))
        cost = count(model, (1, 4, 8, 8))
        assert [row.macs for row in cost.layers] == [8 * 8 * 4 * 4 * 9]
        assert cost.parameters == 4 * 4 * 9 + 4 < sum(int(p.size) for p in model.parameters())

    def test_a_layer_that_runs_twice_costs_twice_and_has_its_parameters_once(self):
        conv = nn.Conv2D(3, 3, 1)
        cost = count(Chain(conv, conv), (1, 3, 4, 4))
        assert [(row.macs, row.parameters) for row in cost.layers] == [(144, 12), (144, 0)]
        assert cost.parameters == 12

    def test_memory_is_what_lives_at_once(self):
        cost = count(
            Chain(nn.Conv2D(1, 8, 1, bias_attr=False), nn.ReLU(), nn.Conv2D(8, 1, 1, bias_attr=False)), (1, 1, 10, 10)
        )
        assert (cost.peak_bytes, cost.total_bytes) == (400 * (8 + 8), 400 * (1 + 8 + 8 + 1))

    def test_connectnet_costs_what_is_published_of_its_file(self):
        cost = count(build_network({"type": "PPHumanSegLite"}), (1, 3, 192, 192))
        assert cost.macs / 1e9 == pytest.approx(0.104, abs=0.0005)
        assert cost.parameters == 131_766

    @pytest.mark.parametrize("name", [uri.removeprefix("zoo://") for uri in zoo.names()])
    def test_cards_of_published_weights_say_the_same(self, name: str):
        card = read_card(zoo.card_path(name))
        network = build_network(card.model.model_dump())  # type: ignore[union-attr]
        assert card.measured.parameters == sum(int(p.size) for p in network.parameters() if not p.stop_gradient)
        for stated in card.measured.macs:
            assert count(network, (1, card.input.channels, *stated.size)).macs == stated.count

    def test_the_model_is_left_as_it_was(self):
        model = Chain(ConvBNReLU(3, 4, 3))
        model.train()
        count(model, (1, 3, 8, 8))
        assert all(layer.training for layer in model.sublayers(include_self=True))
        assert isinstance(model(paddle.zeros([1, 3, 8, 8])), list)


class TestReceptiveField:
    @pytest.mark.parametrize(
        ("layers", "side"),
        [
            ([nn.Conv2D(3, 4, 3, padding=1)], 3),
            ([ConvBNReLU(3, 4, 3), ConvBNReLU(4, 4, 3)], 5),
            ([ConvBNReLU(3, 4, 3, stride=2), ConvBN(4, 4, 5, dilation=2)], 3 + 8 * 2),
            ([ConvBNReLU(3, 4, 3, stride=2), Pool(), SeparableConv(4, 8, stride=2)], 3 + 2 * 2 + 2 * 4),
            ([Pool(), Pool(), Pool()], 3 + 2 * 2 + 2 * 4),
        ],
    )
    def test_a_chain_sees_what_its_strides_and_kernels_add_up_to(self, layers: list[nn.Layer], side: int):
        found = receptive_field(Chain(*layers), (1, 3, 96, 112))
        assert (found.height, found.width, found.whole) == (side, side, False)

    def test_the_far_branch_counts(self):
        far = nn.Sequential(ConvBN(3, 4, 3, stride=2), ConvBN(4, 4, 3, stride=2))
        found = receptive_field(Branches(far), (1, 3, 64, 64))
        # Between two samples of a quarter of the size, each of which sees 7 pixels, 4 apart.
        assert (found.height, found.width) == (11, 11)

    @pytest.mark.parametrize("model", [Branches(Global()), Attention()], ids=["average of all", "attention"])
    def test_what_looks_everywhere_sees_the_whole_input(self, model: nn.Layer):
        found = receptive_field(model, (1, 3, 16, 24))
        assert found.whole and str(found) == "the whole input of 16 x 24"

    def test_the_weights_do_not_matter_and_stay(self):
        conv = nn.Conv2D(3, 4, 3, padding=1, weight_attr=nn.initializer.Constant(0.0))
        assert receptive_field(Chain(conv), (1, 3, 16, 16)).width == 3
        assert float(conv.weight.abs().max()) == 0 and conv.weight.dtype == paddle.float32


class TestCommand:
    def test_the_numbers_of_a_configuration_at_another_size(self, root: Path, monkeypatch, capsys):
        monkeypatch.chdir(root)
        assert main(["analyze", CONFIG, "--size", "96", "128", "--json"]) == 0
        found = json.loads(capsys.readouterr().out)
        assert found["shape"] == [1, 3, 96, 128]
        assert sum(layer["macs"] for layer in found["layers"]) == found["macs"] == 103_759_488 // 3

    def test_paddlesegs_spelling(self, root: Path):
        command = [
            sys.executable,
            "tools/model/analyze_model.py",
            "--config",
            CONFIG,
            "--input_shape",
            "1",
            "3",
            "64",
            "96",
        ]
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert "parameters 131,766" in done.stdout and "input 1 x 3 x 64 x 96" in done.stdout
        assert "classifier.pointwise.conv" in done.stdout

    def test_where_the_input_follows_the_picture_a_stated_size_stands_in(self, root: Path, monkeypatch, capsys):
        monkeypatch.chdir(root)
        assert main(["analyze", CONFIG, "--json", "--opts", "export.transforms=[{type: Normalize}]"]) == 0
        printed = capsys.readouterr()
        assert json.loads(printed.out)["shape"] == [1, 3, 512, 512]
        assert "measured at 512 x 512 (--size H W for another)" in printed.err


def test_the_page_of_networks_says_what_they_cost(root: Path):
    tool = runpy.run_path(str(root / "tools/docs/network_table.py"))
    page = (root / "docs/reference/networks.md").read_text(encoding="utf-8").splitlines()
    portraits = [row for row in tool["RECIPES"] if row[0].startswith("pp_humanseg/portrait")]
    rows = tool["table"]([*portraits, tool["MATTES"][0]]).splitlines()
    assert len(rows) > 6 and all(row in page for row in rows)
