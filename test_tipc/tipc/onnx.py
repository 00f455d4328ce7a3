"""Convert an exported model with paddle2onnx, and infer with ONNX Runtime (test_paddle2onnx.sh).

bash test_tipc/prepare.sh FILE paddle2onnx_infer
bash test_tipc/test_paddle2onnx.sh FILE
"""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from paddleseg.program import reports_mistakes
from test_tipc.tipc.chain import Chain, python
from test_tipc.tipc.params import read_params

MODE = "paddle2onnx_infer"
_CONVERSION = ("model_dir", "model_filename", "params_filename", "save_file", "opset_version", "enable_onnx_checker")


@reports_mistakes
def main(given: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="test_paddle2onnx.sh", description=__doc__.partition("\n")[0])
    parser.add_argument("config", metavar="FILE", help="a ..._paddle2onnx_python_linux_cpu.txt of test_tipc/configs")
    parser.add_argument("mode", nargs="?", choices=[MODE], default=MODE, metavar="MODE", help=f"only {MODE}")
    args = parser.parse_args(given)
    rows = read_params(args.config, "paddle2onnx_params")["paddle2onnx_params"]
    chain = Chain(rows["model_name"].value, args.mode, "results_paddle2onnx.log")
    target = Path(rows["save_file"].value)
    target.unlink(missing_ok=True)  # so that no older graph is taken for this one
    command = [*shlex.split(rows["2onnx"].value), *(flag for name in _CONVERSION for flag in rows[name].flag())]
    if chain.run(command, chain.folder / "trans_model.log"):
        masks = chain.clear("paddle2onnx_infer_cpu_results")
        flags = [*rows["img_path"].flag(), *rows["onnx_file"].flag(target), f"--save_dir={masks}"]
        command = [python(rows["python"].value), *shlex.split(rows["inference"].value), *flags]
        chain.run(command, chain.folder / "paddle2onnx_infer_cpu.log")
    else:
        chain.say(f" Left out - {chain.model} - inference, which follows the failed step ")
    return chain.finish()


if __name__ == "__main__":
    sys.exit(main())
