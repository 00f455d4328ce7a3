"""Export in 8 bits after training, and infer (test_ptq_inference_python.sh).

bash test_tipc/prepare.sh FILE whole_infer
bash test_tipc/test_ptq_inference_python.sh FILE whole_infer
"""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence

from paddleseg.program import reports_mistakes
from test_tipc.tipc.chain import Chain, python
from test_tipc.tipc.params import read_params

MODE = "whole_infer"


@reports_mistakes
def main(given: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="test_ptq_inference_python.sh", description=__doc__.partition("\n")[0])
    parser.add_argument("config", metavar="FILE", help="a train_ptq_infer_python.txt of test_tipc/configs")
    parser.add_argument("mode", nargs="?", choices=[MODE], default=MODE, metavar="MODE", help=f"only {MODE}")
    args = parser.parse_args(given)
    sections = read_params(args.config, "ptq_params", "ptq_infer_params")
    rows, infers = sections["ptq_params"], sections["ptq_infer_params"]
    chain = Chain(rows["model_name"].value, args.mode, "results_python.log")
    folder, interpreter = chain.clear("quant_model"), python(rows["python"].value)
    settings = [flag for name in ("model_dir", "config", "batch_num", "batch_size") for flag in rows[name].flag()]
    command = [interpreter, *shlex.split(rows["PTQ"].value), *settings, f"--save_dir={folder}"]
    if not chain.run(command, chain.folder / "export.log"):
        chain.say(f" Left out - {chain.model} - inference, which follows the failed step ")
        return chain.finish()
    for device in infers["device"].choices():
        masks = chain.clear(f"python_infer_{device}_precision_int8_results")
        flags = [*infers["config"].flag(folder), f"--save_dir={masks}"]
        flags += [flag for name in ("batch_size", "image_path", "benchmark") for flag in infers[name].flag()]
        command = [interpreter, *shlex.split(infers["inference"].value), *infers["device"].flag(device), *flags]
        chain.run(command, chain.folder / f"python_infer_{device}.log")
    return chain.finish()


if __name__ == "__main__":
    sys.exit(main())
