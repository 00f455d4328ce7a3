"""`test_tipc`: PaddleSeg's chains. Its files are read and its commands checked here; the chains themselves are slow."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from paddleseg.cli.main import build_parser
from paddleseg.cvlibs import Config
from paddleseg.errors import ConfigError
from test_tipc.tipc import benchmark, cpp, short_chains
from test_tipc.tipc.chain import Chain
from test_tipc.tipc.infer import cases
from test_tipc.tipc.params import Row, read_cpp_params, read_params
from test_tipc.tipc.train_infer import TRAINING, trainings

ROOT = Path(__file__).parent.parent
CONFIGS = sorted((ROOT / "test_tipc" / "configs").glob("*/*.txt"))
LITE = ROOT / "test_tipc/configs/pphumanseg_lite/train_infer_python.txt"
TOOLS = {
    "tools/train.py": "train",
    "tools/val.py": "val",
    "tools/export.py": "export",
    "deploy/python/infer.py": "infer",
}


def bash(script: str, *arguments: str | Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHON": sys.executable}
    words = ["bash", str(ROOT / "test_tipc" / script), *map(str, arguments)]
    return subprocess.run(words, cwd=cwd, env=env, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("config", CONFIGS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_file_is_read_and_names_what_is_there(config: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(ROOT)
    script, _ = short_chains.kind(config)
    assert (ROOT / "test_tipc" / script).is_file()
    if config.stem.endswith("infer_cpp_linux_gpu_cpu"):
        values = read_cpp_params(config)
        assert values["model_name"] == config.parent.name and cpp.PHOTO.is_file()
        return
    sections = read_params(config)
    rows = {name: row for section in sections.values() for name, row in section.items()}
    assert rows["model_name"].value == config.parent.name
    words = [word for row in rows.values() for word in shlex.split(row.value)]
    named = [word for word in words if re.search(r"\.(py|yml)$", word)]
    assert named and all(Path(word).is_file() for word in named)


@pytest.mark.parametrize(
    "config",
    [path for path in CONFIGS if "ptq" not in path.name and "train_" in path.name],
    ids=lambda path: path.parent.name,
)
def test_commands_of_trainings_have_flags_that_the_tools_take(config: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(ROOT)
    sections, parser = read_params(config), build_parser()
    commands = [
        training.command(sections["train_params"], Path("place")) for training in trainings(sections, TRAINING[0])
    ]
    infer = sections["infer_params"]
    for rows, script, flags in (
        ("eval_params", "eval", ["--model_path=w"]),
        ("export_params", "norm_train", ["--model_path=w", "--save_dir=p"]),
        ("infer_params", "infer_export", ["--model_path=w", "--save_dir=p"]),
    ):
        if sections[rows][script].given():
            commands.append(["python", *shlex.split(sections[rows][script].value), *flags])
    for case in cases(infer, quantised=False):
        given = [*infer["config"].flag("m"), *infer["image_path"].flag(), *infer["save_dir"].flag("s")]
        commands.append(["python", *shlex.split(infer["inference"].value), *given, *case.flags])
    assert len(commands) >= 4 - (not sections["eval_params"]["eval"].given())
    for command in commands:
        place = next(number for number, word in enumerate(command) if word in TOOLS)
        parser.parse_args([TOOLS[command[place]], *command[place + 1 :]])
    for yml in config.parent.glob("*.yml"):
        assert Config(str(yml)).dic["model"]["type"]


def test_values_by_mode_and_alternatives():
    row = Row("--iters", "lite_train_lite_infer=4|whole_train_whole_infer=100")
    assert row.of("whole_train_whole_infer") == "100" and row.of("whole_infer") == ""
    assert row.flag("4") == ["--iters=4"] and Row("null", "4").flag() == [] and Row("--a", "null").flag() == []


def test_two_cpu_processes_and_a_gpu(tmp_path: Path):
    file = tmp_path / "train_infer_python.txt"
    text = (
        LITE.read_text()
        .replace("gpu_list:-1", "gpu_list:0,1|3")
        .replace("--device:cpu\n--prec", "--device:cpu|gpu\n--prec")
    )
    file.write_text(text)
    sections = read_params(file)
    two, one = trainings(sections, TRAINING[0])
    assert "--nproc_per_node 2 --backend gloo" in " ".join(two.command(sections["train_params"], Path("place")))
    assert one.launcher() == [] and one.environment() == {"CUDA_VISIBLE_DEVICES": "3"}


def test_what_runs_in_float_and_what_in_int8(tmp_path: Path):
    file = tmp_path / "train_infer_python.txt"
    text = (
        LITE.read_text()
        .replace("--enable_mkldnn:True", "--enable_mkldnn:True|False")
        .replace(":fp32\n--config", ":fp32|int8\n--config")
    )
    file.write_text(text)
    rows = read_params(file)["infer_params"]
    start = "python_infer_cpu_usemkldnn_"
    assert [case.name.removeprefix(start) for case in cases(rows, quantised=False)] == [
        f"{use}_threads_1_precision_fp32_batchsize_1" for use in ("True", "False")
    ]
    assert [case.name.removeprefix(start) for case in cases(rows, quantised=True)] == [
        "True_threads_1_precision_int8_batchsize_1"
    ]


def test_all_faults_of_a_file_at_once(tmp_path: Path):
    file = tmp_path / "broken.txt"
    file.write_text(
        LITE.read_text()
        .replace("model_name:pphumanseg_lite\npython", "model_name:../up\npython")
        .replace("infer_quant:False\n", "")
    )
    with pytest.raises(ConfigError) as error:
        read_params(file, "train_params", "infer_params", "serving_params")
    assert all(
        part in str(error.value)
        for part in ("../up", "inference in the place of infer_quant", "no section serving_params")
    )


def test_speeds_come_from_the_log():
    line = (
        "[TRAIN] epoch: 1, iter: {0}/5, loss: 0.{0}, lr: 0.1, batch_cost: 0.1, reader_cost: 0.0, ips: {0}.0 samples/sec"
    )
    log = "\n".join(line.format(number) for number in range(1, 6))
    assert benchmark.speed(log) == {"ips": 4.0, "loss": 0.5}
    name, training = next(benchmark.runs(read_params(LITE), "dynamic_bs8_null_DP_N1C2"))
    assert (name, training.gpus, training.batch_size) == ("pphumanseg_lite_bs8_fp32_DP_N1C2", "0,1", "8")


def test_a_step_that_fails_is_in_the_log_and_the_exit_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    chain = Chain("model", "mode", "results.log")
    assert chain.run([sys.executable, "-c", "print(1)"], chain.folder / "good.log")
    assert not chain.run([sys.executable, "-c", "print(2); raise SystemExit(3)"], chain.folder / "bad.log")
    assert not chain.run(["no-such-program"], chain.folder / "none.log")
    assert chain.finish() == 1 and (chain.folder / "bad.log").read_text() == "2\n"
    text = chain.status.read_text()
    assert text.count("Run successfully with command - model") == 1
    assert text.count("Run failed with command - model") == 2


def test_a_broken_step_turns_a_chain_red(tmp_path: Path):
    """The script itself, with a training that cannot start."""
    file = tmp_path / "train_infer_python.txt"
    text = re.sub(r"model_name:pphumanseg_lite\n", "model_name:broken_on_purpose\n", LITE.read_text())
    file.write_text(text.replace("--log_iters 1", "--log_iters 1 --no_such_flag"))
    folder = ROOT / "test_tipc" / "output" / "broken_on_purpose"
    try:
        done = bash("test_train_inference_python.sh", file, "lite_train_lite_infer")
        log = (folder / "lite_train_lite_infer" / "results_python.log").read_text()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    assert done.returncode == 1
    assert log.count("Run failed with command") == 1 and "Run successfully" not in log and "Left out" in log


def test_masks_are_compared_with_kept_figures(tmp_path: Path, mini: Path):
    masks, figures = tmp_path / "python_infer_cpu_precision_fp32_results", tmp_path / "figures_fp32.txt"
    masks.mkdir()
    shutil.copy(mini / "masks" / "000000000785.png", masks)
    figures.write_text("#Images: 1\nmIoU: 1.0\nAcc: 1.0\nKappa: 1.0\nClass IoU: [1. 1.]\n")
    command = ["--metric_file", figures, "--predict_dir", masks, "--gt_dir", mini / "masks", "--num_classes", "2"]

    def compare() -> subprocess.CompletedProcess[str]:
        words = [sys.executable, str(ROOT / "test_tipc" / "compare_results.py"), *map(str, command)]
        return subprocess.run(words, capture_output=True, text=True, check=False)

    same = compare()
    assert same.returncode == 0 and "Assert allclose passed!" in same.stdout
    mask = cv2.imread(str(masks / "000000000785.png"), cv2.IMREAD_UNCHANGED)
    cv2.imwrite(
        str(masks / "000000000785.png"), np.where(np.arange(mask.shape[0])[:, None] < 20, 1, mask).astype(np.uint8)
    )
    other = compare()
    assert other.returncode == 1 and "Assert allclose failed!" in other.stdout


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("config", CONFIGS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_the_short_chain_is_green(config: Path):
    if config.stem.endswith("infer_cpp_linux_gpu_cpu") and not (ROOT / cpp.PROGRAM).is_file():
        pytest.skip(f"{cpp.PROGRAM} is not built")
    done = bash("short_chains.sh", config.relative_to(ROOT))
    assert done.returncode == 0 and "went well" in done.stdout, done.stdout[-2000:]
