"""Train, evaluate, export and infer, as a train_infer_python.txt says (test_train_inference_python.sh).

bash test_tipc/test_train_inference_python.sh test_tipc/configs/pphumanseg_lite/train_infer_python.txt MODE [GPU]
"""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from paddleseg.errors import ConfigError
from paddleseg.program import reports_mistakes
from test_tipc.tipc.chain import Chain, python
from test_tipc.tipc.infer import run_cases
from test_tipc.tipc.params import Row, Section, read_params

TRAINING = ("lite_train_lite_infer", "lite_train_whole_infer", "whole_train_whole_infer")
MODES = (*TRAINING, "whole_infer")
_TRAINERS = ("norm_train", "pact_train", "fpgm_train", "distill_train", "trainer1", "trainer2")
_NEEDED = ("train_params", "eval_params", "export_params", "infer_params")


@dataclass(frozen=True)
class Training:
    """One training of a chain: a trainer, on a device, in a precision.

    Args:
        kind: Which line of the file it is, of `_TRAINERS`.
        script, export: The commands, with their own flags.
        gpus: As in the file: `-1`, `0`, `0,1`, or `IP,IP;0,1` of several machines.
    """

    name: str
    kind: str
    script: str
    export: str
    gpus: str
    device: str
    precision: str
    iters: str
    batch_size: str

    def launcher(self) -> list[str]:
        """What starts a process for each of several devices; `0,1` on a CPU are two processes."""
        hosts, _, numbers = self.gpus.rpartition(";")
        count = len(numbers.split(","))
        if count == 1 and not hosts:
            return []
        on_cpu = self.device == "cpu"
        which = ["--nproc_per_node", str(count), "--backend", "gloo"] if on_cpu else [f"--devices={numbers}"]
        return ["-m", "paddle.distributed.launch", *([f"--ips={hosts}"] if hosts else []), *which]

    def environment(self) -> dict[str, str]:
        """Of steps that have one GPU to themselves."""
        return {"CUDA_VISIBLE_DEVICES": self.gpus} if self.gpus.isdecimal() and self.device != "cpu" else {}

    def command(self, rows: Section, save_dir: Path) -> list[str]:
        """The training step."""
        # PaddleSeg's files call it Global.auto_cast, and "amp" what its tools call fp16.
        autocast = Row("--precision", {"amp": "fp16"}.get(self.precision, self.precision))
        start = self.launcher()
        return [
            python(rows["python"].value),
            *([*start, "--log_dir", f"{save_dir}_workers"] if start else []),
            *shlex.split(self.script),
            *rows["device"].flag(self.device),
            *rows["save_dir"].flag(save_dir),
            *rows["iters"].flag(self.iters),
            *rows["model_path"].flag(),
            *autocast.flag(),
            *rows["batch_size"].flag(self.batch_size),
            *rows["train_param"].flag(),
        ]


def trainings(sections: dict[str, Section], mode: str) -> Iterator[Training]:
    """Every trainer on every device in every precision.

    Raises:
        ConfigError: The file says nothing of the mode.
    """
    rows = sections["train_params"]
    iters, batch_size = rows["iters"].of(mode), rows["batch_size"].of(mode)
    if not iters:
        raise ConfigError(rows["iters"].key, f"says nothing of the mode {mode}", f"add {mode}=N")
    devices = rows["device"].choices()
    static = sections.get("to_static_train_benchmark_params", {}).get("to_static_train")
    for place, gpus in enumerate(rows["gpu_list"].choices()):
        device = devices[min(place, len(devices) - 1)]
        for precision, name in product(rows["precision"].choices(), rows["trainer"].choices()):
            kind = next((kind for kind in _TRAINERS if rows[kind].key == name), "norm_train")
            script, export = rows[kind].value, sections["export_params"][kind].value
            if static is not None and name == static.key:
                script = f"{script} {static.value}"
            yield Training(name, kind, script, export, gpus, device, precision, iters, batch_size)


def training_chain(sections: dict[str, Section], mode: str) -> int:
    """All trainings of a file; what would follow a step that fails is left out."""
    listed = list(trainings(sections, mode))
    chain = Chain(sections["train_params"]["model_name"].value, mode, "results_python.log")
    for training in listed:
        place = chain.clear(f"{training.name}_gpus_{training.gpus}_autocast_{training.precision}")
        if training.script == "null":
            chain.say(f" Left out - {chain.model} - {training.name}: the file has no command for it ")
        elif not run_training(chain, sections, training, place):
            chain.say(f" Left out - {chain.model} - what follows the failed step of {place.name} ")
    return chain.finish()


def run_training(chain: Chain, sections: dict[str, Section], training: Training, place: Path) -> bool:
    """A training and what becomes of its weights; whether all went well.

    Args:
        place: Where weights and exported files go.
    """
    rows, evals, exports = (sections[name] for name in ("train_params", "eval_params", "export_params"))
    interpreter, env, log = python(rows["python"].value), training.environment(), f"{place}_nodes_1"
    if not chain.run(training.command(rows, place), Path(f"{log}.log"), **env):
        return False
    weights = place / rows["train_model_name"].value
    if not weights.is_file():  # without --do_eval there is no best model
        weights = place / f"iter_{training.iters}" / "model.pdparams"
    if evals["eval"].given():
        given = [*rows["model_path"].flag(weights), *rows["device"].flag(training.device), *evals["eval_param"].flag()]
        command = [interpreter, *shlex.split(evals["eval"].value), *given]
        if not chain.run(command, Path(f"{log}_eval.log"), **env):
            return False
    if training.export == "null":
        return True
    given = [*exports["model_path"].flag(weights), *exports["save_dir"].flag(place)]
    if not chain.run([interpreter, *shlex.split(training.export), *given], Path(f"{log}_export.log"), **env):
        return False
    inner = exports.get("inference_dir")
    model = place / inner.value if inner is not None and inner.given() else place
    photos, quantised = rows["train_infer_img_dir"].value, training.kind == "pact_train"
    return run_cases(chain, rows["python"].value, sections["infer_params"], model, photos, quantised=quantised)


def inference_chain(sections: dict[str, Section], mode: str, gpus: str) -> int:
    """Trained weights: export, then infer."""
    rows, exports, infers = (sections[name] for name in ("train_params", "export_params", "infer_params"))
    chain = Chain(rows["model_name"].value, mode, "results_python.log")
    parts = (infers[name].choices() for name in ("infer_model", "infer_export", "infer_quant"))
    for number, (weights, export, quant) in enumerate(zip(*parts, strict=True)):
        model = Path(weights)
        if export != "null":
            model = chain.clear(f"export_{number}")
            given = [*exports["model_path"].flag(weights), *exports["save_dir"].flag(model)]
            command = [python(rows["python"].value), *shlex.split(export), *given]
            if not chain.run(command, chain.folder / f"export_{number}.log"):
                continue
        photos, quantised = infers["image_path"].value, quant == "True"
        run_cases(chain, rows["python"].value, infers, model, photos, quantised=quantised, gpus=gpus)
    return chain.finish()


@reports_mistakes
def main(given: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="test_train_inference_python.sh", description=__doc__.partition("\n")[0])
    parser.add_argument("config", metavar="FILE", help="a train_infer_python.txt of test_tipc/configs")
    parser.add_argument("mode", choices=MODES, metavar="MODE", help=", ".join(MODES))
    parser.add_argument("gpus", nargs="?", default="", metavar="GPU", help="of whole_infer: which GPU")
    args = parser.parse_args(given)
    sections = read_params(args.config, *_NEEDED)
    if args.mode == "whole_infer":
        return inference_chain(sections, args.mode, args.gpus)
    return training_chain(sections, args.mode)


if __name__ == "__main__":
    sys.exit(main())
