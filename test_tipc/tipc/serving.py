"""Make Paddle Serving's folders, start a model server, and ask it (test_serving_infer_python.sh).

bash test_tipc/prepare.sh FILE serving_infer
bash test_tipc/test_serving_infer_python.sh FILE
"""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from paddleseg.program import reports_mistakes
from test_tipc.tipc.chain import Chain, environment, python
from test_tipc.tipc.params import Section, read_params

MODE = "serving_infer"
_PATIENCE_S = 10
_CONVERSION = ("dirname", "model_filename", "params_filename", "serving_server", "serving_client")


def ask_server(chain: Chain, rows: Section, device: str) -> None:
    """Start the server, let the client ask it, and end it; the client waits until it answers."""
    interpreter, name = python(rows["python"].value), "cpu" if device == "null" else device
    names = [*rows["input_name"].flag(), *rows["output_name"].flag()]
    server = [interpreter, *shlex.split(rows["web_service"].value), *names, *rows["device"].flag(device)]
    log = chain.folder / f"python_server_{name}.log"
    folder = Path(rows["serving_dir"].value)
    with log.open("wb") as file:
        process = subprocess.Popen(server, stdout=file, stderr=subprocess.STDOUT, cwd=folder, env=environment())
    try:
        client = [interpreter, *shlex.split(rows["pipline"].value), *rows["img_path"].flag(), *names]
        chain.run(client, chain.folder / f"python_client_{name}_batchsize_1.log")
        chain.note(process.poll() is None, server, log)
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(_PATIENCE_S)
        process.kill()
        process.wait()


@reports_mistakes
def main(given: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="test_serving_infer_python.sh", description=__doc__.partition("\n")[0])
    parser.add_argument("config", metavar="FILE", help="a ..._serving_python_linux_gpu_cpu.txt of test_tipc/configs")
    parser.add_argument("mode", nargs="?", choices=[MODE], default=MODE, metavar="MODE", help=f"only {MODE}")
    args = parser.parse_args(given)
    rows = read_params(args.config, "serving_params")["serving_params"]
    chain = Chain(rows["model_name"].value, args.mode, "results_python.log")
    if rows["trans_model"].given():
        chain.clear("paddle_serving")
        flags = [flag for name in _CONVERSION for flag in rows[name].flag()]
        command = [python(rows["python"].value), *shlex.split(rows["trans_model"].value), *flags]
        chain.run(command, chain.folder / "python_trans_model.log")
    for device in rows["device"].choices():
        ask_server(chain, rows, device)
    return chain.finish()


if __name__ == "__main__":
    sys.exit(main())
