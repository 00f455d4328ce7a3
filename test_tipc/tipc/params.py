"""The .txt files of chains, in PaddleSeg's format: sections of `key:value` lines, whose place says what they are.

    ===========================train_params===========================
    model_name:pphumanseg_lite
    --iters:lite_train_lite_infer=4|whole_train_whole_infer=100

A key that begins with `--` becomes a flag. `null` stands for nothing, `##` parts blocks and says nothing, and
alternatives have `|` between them. The files of the C++ chain have `key value` lines instead.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from paddleseg.errors import ConfigError, Problem
from paddleseg.files import read_bytes

_MOST_BYTES = 1 << 20
_TITLE = re.compile(r"=+\s*(\w+)\s*=+")
_NAME = re.compile(r"\w[\w.-]*")  # of a folder below test_tipc/output

# What the lines of a section are, in order; those after a `?` may be missing.
LAYOUT = {
    "train_params": "model_name python gpu_list device precision iters save_dir batch_size model_path train_model_name "
    "train_infer_img_dir train_param trainer norm_train pact_train fpgm_train distill_train trainer1 trainer2",
    "eval_params": "eval eval_param",
    "export_params": "save_dir model_path norm_train pact_train fpgm_train distill_train trainer1 trainer2 "
    "? inference_dir",
    "infer_params": "infer_model infer_export infer_quant inference device enable_mkldnn cpu_threads batch_size "
    "use_trt precision config image_path save_log_path benchmark save_dir ? model_name",
    "train_benchmark_params": "batch_size fp_items epoch profiler_options flags ? extra",
    "to_static_train_benchmark_params": "to_static_train",
    "paddle2onnx_params": "model_name python 2onnx model_dir model_filename params_filename save_file opset_version "
    "enable_onnx_checker inference onnx_file img_path",
    "ptq_params": "model_name python model_dir config batch_num batch_size trainer PTQ",
    "ptq_infer_params": "inference device batch_size config image_path benchmark",
    "serving_params": "model_name python trans_model dirname model_filename params_filename serving_server "
    "serving_client serving_dir web_service device output_name pipline img_path input_name",
}
# Lines whose key is always the same: where it is not, a line is missing or stands elsewhere.
FIXED = (
    "model_name python gpu_list train_model_name train_infer_img_dir trainer "
    "infer_model infer_export infer_quant inference"
)
CPP = ("model_name", "use_gpu", "gpu_id", "cpu_math_library_num_threads", "use_mkldnn", "use_tensorrt", "use_fp16")


@dataclass(frozen=True)
class Row:
    """One line."""

    key: str
    value: str

    def given(self) -> bool:
        return self.value.strip() not in ("", "null")

    def flag(self, value: str | Path | None = None) -> list[str]:
        """`--key=value`, or nothing where either is null; of another value than the line's where one is given."""
        value = self.value.strip() if value is None else str(value)
        return [] if "null" in (self.key, value) or not value else [f"{self.key}={value}"]

    def choices(self) -> list[str]:
        return [choice.strip() for choice in self.value.split("|")]

    def of(self, mode: str) -> str:
        """The value that a mode has: of `a=1|b=2` that of `a` is 1; "" where the mode is not named."""
        pairs = [choice.partition("=") for choice in self.choices()]
        return next((value for name, _, value in pairs if name == mode), "")


Section = Mapping[str, Row]


def read_params(path: str | Path, *needed: str) -> dict[str, Section]:
    """The sections of a file, each a row by name.

    Args:
        path: A .txt file of `test_tipc/configs`.
        needed: Sections without which the chain cannot run.

    Raises:
        ConfigError: All faults of the file at once.
    """
    found: dict[str, list[Row]] = {}
    rows: list[Row] | None = None
    problems: list[Problem] = []
    for number, line in enumerate(_lines(path), start=1):
        if title := _TITLE.fullmatch(line):
            # Below ptq_params PaddleSeg's infer_params are six lines, not sixteen.
            name = "ptq_infer_params" if title[1] == "infer_params" and "ptq_params" in found else title[1]
            rows = found.setdefault(name, [])
        elif line and line != "##":
            key, colon, value = line.partition(":")
            if rows is None:
                problems.append(Problem(f"{path}: line {number}", "stands before the first section"))
            elif not colon:
                problems.append(Problem(f"{path}: line {number}", f"has no colon: {line}", "write key:value"))
            else:
                rows.append(Row(key.strip(), value.strip()))
    sections = {title: _named(path, title, rows, problems) for title, rows in found.items() if title in LAYOUT}
    missing = [title for title in needed if title not in sections]
    problems += [Problem(str(path), f"has no section {title}", f"add a line ==={title}===") for title in missing]
    for section in sections.values():
        if "model_name" in section and "python" in section and not _NAME.fullmatch(section["model_name"].value):
            name = section["model_name"].value
            problems.append(Problem(f"{path}: model_name", f"is no name of a folder: {name}", "use letters, digits, _"))
    if problems:
        raise ConfigError(problems)
    return sections


def _lines(path: str | Path) -> list[str]:
    return [line.strip() for line in read_bytes(path, _MOST_BYTES).decode("utf-8", "replace").splitlines()]


def _named(path: str | Path, title: str, rows: list[Row], problems: list[Problem]) -> Section:
    needed, _, optional = LAYOUT[title].partition("?")
    names = [*needed.split(), *optional.split()]
    if len(rows) < len(needed.split()):
        lacking = ", ".join(names[len(rows) : len(needed.split())])
        problems.append(
            Problem(f"{path}: {title}", f"lacks lines: {lacking}", "compare with the file of another model")
        )
    elif len(rows) > len(names):
        what = f"has {len(rows)} lines, but there are {len(names)}"
        problems.append(Problem(f"{path}: {title}", what, "compare with the file of another model"))
    section = dict(zip(names, rows, strict=False))
    for name in [name for name in FIXED.split() if name in section and section[name].key.lstrip("-") != name]:
        what = f"is {section[name].key or 'empty'} in the place of {name}"
        problems.append(Problem(f"{path}: {title}", what, "lines go by their place: compare with another model's file"))
        break  # all that follow have moved too
    return section


def read_cpp_params(path: str | Path) -> dict[str, str]:
    """The values of a file of the C++ chain by name.

    Raises:
        ConfigError: Values that the chain needs are missing.
    """
    pairs = [line.split(None, 1) for line in _lines(path) if line and not line.startswith("#")]
    values = {pair[0]: pair[-1].strip() for pair in pairs if len(pair) == 2}
    missing = [name for name in (*CPP, "model_path") if name not in values]
    problems = [Problem(str(path), f"has no value {name}", f"add a line {name} VALUE") for name in missing]
    if "model_name" in values and not _NAME.fullmatch(values["model_name"]):
        problems.append(Problem(f"{path}: model_name", f"is no name of a folder: {values['model_name']}"))
    if problems:
        raise ConfigError(problems)
    return values
