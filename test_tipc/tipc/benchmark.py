"""Time trainings, as the section train_benchmark_params says (benchmark_train.sh).

    bash test_tipc/benchmark_train.sh FILE benchmark_train dynamic_bs2_fp32_DP_N1C1

Without the last word every batch size and precision of the file is timed on one device and, on GPUs, on eight.
The logs and a JSON file for each go to $BENCHMARK_LOG_DIR, or the chain's folder.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from paddleseg.errors import ConfigError
from paddleseg.files import atomic_write_text
from paddleseg.program import reports_mistakes
from test_tipc.tipc.chain import Chain
from test_tipc.tipc.params import Section, read_params
from test_tipc.tipc.train_infer import Training, trainings

MODE = "benchmark_train"
_SKIPPED = 2  # the first log lines count what starts up
_WORD = re.compile(r"(\w+?)_bs(\d+)_(null|fp32|fp16)_(\w+)_N(\d+)C(\d+)")


def runs(sections: dict[str, Section], word: str) -> Iterator[tuple[str, Training]]:
    """The trainings to time, each with its name.

    Args:
        word: As `dynamic_bs2_fp32_DP_N1C1`, or "".

    Raises:
        ConfigError: The word is none.
    """
    rows, train = sections["train_benchmark_params"], sections["train_params"]
    # The lines of train_params say nothing of this mode: its iterations and batch sizes are in a section of their own.
    iters = dataclasses.replace(train["iters"], value=f"{MODE}={rows['epoch'].value}")
    base = next(trainings({**sections, "train_params": {**train, "iters": iters}}, MODE))
    sizes, precisions = rows["batch_size"].choices(), rows["fp_items"].choices()
    counts, parallel = [1] if base.device == "cpu" else [1, 8], "DP"
    if word:
        found = _WORD.fullmatch(word)
        if found is None:
            raise ConfigError("PARAMS", f"is not of the form dynamic_bs2_fp32_DP_N1C1: {word}")
        sizes, precisions, parallel = [found[2]], [found[3].replace("null", "fp32")], found[4]
        counts = [max(1, int(found[6]) // max(1, int(found[5])))]
    for size in sizes:
        for precision in precisions:
            for count in counts:
                gpus = ",".join(map(str, range(count)))
                name = f"{train['model_name'].value}_bs{size}_{precision}_{parallel}_N1C{count}"
                yield name, dataclasses.replace(base, gpus=gpus, precision=precision, batch_size=size)


def speed(log: str) -> dict[str, float]:
    """Images a second on average and the last loss, of a training's log.

    Raises:
        ConfigError: The log has too few lines for that.
    """
    rates = [float(value) for value in re.findall(r"\bips: ([\d.]+)", log)][_SKIPPED:]
    losses = re.findall(r"\bloss: ([\d.]+)", log)
    if not rates:
        hint = "give more iterations in the line epoch: or fewer between log lines, log_iters:"
        raise ConfigError("train_benchmark_params", f"the log has no more than {_SKIPPED} lines of training", hint)
    return {"ips": sum(rates) / len(rates), "loss": float(losses[-1])}


def time_training(chain: Chain, sections: dict[str, Section], name: str, training: Training, folder: Path) -> None:
    """One training, its log and its figures."""
    extra = sections["train_benchmark_params"].get("extra")
    options = dict(part.split(":", 1) for part in f"{extra.key}:{extra.value}".split(";")) if extra else {}
    flags = [f"--{key}={options[key]}" for key in ("log_iters", "repeats") if key in options]
    log = folder / "train_log" / f"{name}_log"
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [*training.command(sections["train_params"], chain.clear(name)), *flags]
    pairs = sections["train_benchmark_params"]["flags"]
    env = dict(pair.split("=", 1) for pair in pairs.value.split(";")) if pairs.given() else {}
    if not chain.run(command, log, **env, **training.environment()):
        return
    workers = chain.folder / f"{name}_workers" / "workerlog.0"
    text = log.read_text(encoding="utf-8") + (workers.read_text(encoding="utf-8") if workers.is_file() else "")
    figures = {"model": name, "unit": "samples/s", **speed(text)}
    atomic_write_text(folder / "index" / f"{name}_speed", json.dumps(figures) + "\n")
    chain.say(f" {name}: {figures['ips']:.2f} samples/s, loss {figures['loss']:.4f} ")


@reports_mistakes
def main(given: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="benchmark_train.sh", description=__doc__.partition("\n")[0])
    parser.add_argument("config", metavar="FILE", help="a train_infer_python.txt of test_tipc/configs")
    parser.add_argument("mode", choices=[MODE], metavar="MODE", help=MODE)
    parser.add_argument("params", nargs="?", default="", metavar="PARAMS", help="such as dynamic_bs2_fp32_DP_N1C1")
    args = parser.parse_args(given)
    sections = read_params(args.config, "train_params", "export_params", "train_benchmark_params")
    listed = list(runs(sections, args.params))
    chain = Chain(sections["train_params"]["model_name"].value, args.mode, "results.log")
    folder = Path(os.environ.get("BENCHMARK_LOG_DIR", chain.folder))
    for name, training in listed:
        time_training(chain, sections, name, training, folder)
    return chain.finish()


if __name__ == "__main__":
    sys.exit(main())
