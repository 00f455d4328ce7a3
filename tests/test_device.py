"""Devices by name: split, refused with what brings them, and a plug-in of Paddle through every command that runs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from test_cli import CONFIG, PHOTO, ROOT

from paddleseg.cli.main import main
from paddleseg.config.load import load_config
from paddleseg.device import HARDWARE, select_device, split_device
from paddleseg.errors import ConfigError, DeviceError
from paddleseg.inference.runtimes.base import RuntimeOptions

# A device without kernels lets the CPU's do, but for views.
QUIET = {"FLAGS_use_stride_kernel": "0", "GLOG_minloglevel": "3", "OMP_NUM_THREADS": "1"}


class TestNames:
    @pytest.mark.parametrize("text", ["gpu", "gpu:1", "npu:15", "iluvatar_gpu:0", "SUPA"])
    def test_a_kind_and_a_number(self, text: str):
        kind, number = split_device(text)
        assert text == (kind if number is None else f"{kind}:{number}")

    @pytest.mark.parametrize("text", ["", "gpu:", "gpu:x", "gpu:-1", "gpu:99999", "cpu:0", "a b", "../x", "gpu\n"])
    def test_what_is_no_device(self, text: str, capsys: pytest.CaptureFixture[str]):
        with pytest.raises(DeviceError, match="is no device"):
            split_device(text)
        with pytest.raises(SystemExit):
            main(["val", "--config", CONFIG, f"--device={text}"])
        assert "is no device" in capsys.readouterr().err
        with pytest.raises(ConfigError, match="device"):
            load_config(ROOT / CONFIG, [f"train.device={text!r}"])

    def test_options_of_runtimes_take_the_number_out_of_the_name(self):
        options = RuntimeOptions("npu:3")
        assert (options.device, options.device_id) == ("npu", 3)
        assert RuntimeOptions("npu:3", 3).device_id == 3
        with pytest.raises(ConfigError, match=r"device_id: is 2, but the device is npu:3"):
            RuntimeOptions("npu:3", 2)

    def test_configurations_name_devices_of_plugins(self):
        assert load_config(ROOT / CONFIG, ["train.device=metax_gpu:1"]).train.device == "metax_gpu:1"


class TestAbsent:
    @pytest.mark.parametrize("kind", [kind for kind in HARDWARE if kind not in ("cpu", "gpu")])
    def test_the_hint_is_what_brings_it(self, kind: str):
        with pytest.raises(DeviceError, match=f"--device {kind}: .* was built without {kind}") as caught:
            select_device(f"{kind}:1")
        assert HARDWARE[kind].cure in caught.value.problems[0].hint

    def test_an_unknown_one_is_told_which_there_are(self):
        with pytest.raises(DeviceError, match=r"use one of those that are here: cpu"):
            select_device("gpuu")

    @pytest.mark.parametrize("command", ["val", "predict", "infer", "train"])
    def test_commands_end_with_2(self, command: str, capsys: pytest.CaptureFixture[str], tmp_path: Path):
        asked = {"val": [], "train": [], "predict": ["--image_path", str(ROOT / PHOTO)]}
        flags = ["--config", str(ROOT / CONFIG), "--device", "npu", "--save_dir", str(tmp_path / "out")]
        if command == "infer":
            (tmp_path / "inference.yml").write_text("card: 2\nfiles: {graph: model.json, params: model.pdiparams}\n")
            flags[1], asked["infer"] = str(tmp_path), ["--image_path", str(ROOT / PHOTO)]
        assert main([command, *flags, *asked[command]]) == 2
        said = capsys.readouterr().err
        assert "was built without npu" in said and "paddle-custom-npu" in said and "Traceback" not in said


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a plug-in, compiled as hardware makers compile theirs: against the headers in Paddle's wheel."""
    spec = find_spec("paddle")
    assert spec and spec.submodule_search_locations
    if (compiler := shutil.which("g++")) is None:
        pytest.skip("there is no g++ to compile a plug-in with")
    folder = tmp_path_factory.mktemp("plugin")
    include = Path(spec.submodule_search_locations[0]) / "include"
    command = [compiler, "-std=c++17", "-shared", "-fPIC", "-I", str(include), str(ROOT / "tests/device_plugin.cc")]
    subprocess.run([*command, "-o", str(folder / "libpaper.so")], check=True)
    return folder


def paddleseg(plugin: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """A command in a process of its own, whose Paddle finds the plug-in."""
    command = [sys.executable, "-m", "paddleseg.cli.main", *map(str, arguments)]
    environment = os.environ | QUIET | {"CUSTOM_DEVICE_ROOT": str(plugin)}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


class TestPlugin:
    @pytest.mark.slow
    def test_doctor_lists_it(self, plugin: Path):
        said = paddleseg(plugin, "doctor", "env").stdout
        lines = dict(line.split("  ", 1) for line in said.splitlines() if "  " in line)
        assert lines["devices"].strip() == "cpu, paper:0, paper:1"
        assert lines["device plug-ins"].strip() == f"paper (libpaper.so in {plugin})"

    def test_a_number_that_is_not_there_is_told_which_are(self, plugin: Path, tmp_path: Path):
        flags = ["--config", CONFIG, "--model_path", "zoo://pp_humanseg_v1_lite", "--image_path", PHOTO]
        done = paddleseg(plugin, "predict", *flags, "--save_dir", tmp_path, "--device", "paper:7")
        assert done.returncode == 2 and "--device paper:7: cannot be used" in done.stderr
        assert "use one of those that are here: cpu, paper:0, paper:1" in done.stderr

    @pytest.mark.slow
    def test_a_network_runs_on_it_and_gives_the_masks_of_the_cpu(self, plugin: Path, tmp_path: Path):
        flags = ["--config", CONFIG, "--model_path", "zoo://pp_humanseg_v1_lite", "--image_path", PHOTO]
        masks = []
        for device in ("paper:1", "cpu"):
            out = tmp_path / device
            kind = ["--outputs", "mask", "--save_dir", out, "--device", device]
            done = paddleseg(plugin, "predict", *flags, *kind)
            assert done.returncode == 0, done.stderr
            masks.append(np.array(Image.open(next(out.rglob("*.png")))))
        np.testing.assert_array_equal(*masks)
