"""Infer with the C++ program of deploy/cpp (test_inference_cpp.sh).

    bash test_tipc/prepare.sh FILE cpp_infer
    bash test_tipc/test_inference_cpp.sh FILE

docs/howto/deploy_cpp.md tells how to build the program. Sizes and normalisation are those of the export.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from paddleseg.errors import ExportError
from paddleseg.files import is_file
from paddleseg.program import reports_mistakes
from test_tipc.tipc.chain import Chain
from test_tipc.tipc.params import read_cpp_params

MODE = "cpp_infer"
PROGRAM = Path("deploy/cpp/build/segment")
PHOTO = Path("data/portrait_mini/images/000000000785.jpg")


def command(values: dict[str, str], masks: Path) -> list[str]:
    """The program with the settings of a file.

    Args:
        masks: Where they go.
    """
    on_gpu = values["use_gpu"] != "0"
    words = [str(PROGRAM), "--model_path", str(Path(values["model_path"]).parent), "--image_path", str(PHOTO)]
    words += ["--save_dir", str(masks), "--threads", values["cpu_math_library_num_threads"]]
    if on_gpu:
        words += ["--device", "gpu", "--device_id", values["gpu_id"]]
    if on_gpu and values["use_tensorrt"] != "0":
        words += ["--tensorrt", "--precision", "fp16" if values["use_fp16"] != "0" else "fp32"]
    return words


@reports_mistakes
def main(given: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="test_inference_cpp.sh", description=__doc__.partition("\n")[0])
    parser.add_argument("config", metavar="FILE", help="a ..._infer_cpp_linux_gpu_cpu.txt of test_tipc/configs")
    parser.add_argument("mode", nargs="?", choices=[MODE], default=MODE, metavar="MODE", help=f"only {MODE}")
    args = parser.parse_args(given)
    values = read_cpp_params(args.config)
    if not is_file(PROGRAM):
        raise ExportError(str(PROGRAM), "is not built", "docs/howto/deploy_cpp.md has the commands")
    chain = Chain(values["model_name"], args.mode, "results_infer_cpp.log")
    name = f"infer_cpp_use_{'gpu' if values['use_gpu'] != '0' else 'cpu'}"
    chain.run(command(values, chain.clear(f"{name}_results")), chain.folder / f"{name}.log")
    return chain.finish()


if __name__ == "__main__":
    sys.exit(main())
