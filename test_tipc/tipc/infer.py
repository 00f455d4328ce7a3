"""The inference steps of a chain: every combination that its file lists."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from test_tipc.tipc.chain import Chain, python
from test_tipc.tipc.params import Section


@dataclass(frozen=True)
class Case:
    """One way to run an exported model; `name` is that of its log and its folder of masks."""

    name: str
    flags: list[str]


def cases(rows: Section, *, quantised: bool) -> Iterator[Case]:
    """Float models run in float (fp16 with TensorRT too), quantised ones in int8."""
    for device in rows["device"].choices():
        on_gpu = device in ("gpu", "True")
        name, engine = ("usetrt", rows["use_trt"]) if on_gpu else ("usemkldnn", rows["enable_mkldnn"])
        threads = ["null"] if on_gpu else rows["cpu_threads"].choices()
        precisions, batches = rows["precision"].choices(), rows["batch_size"].choices()
        for use, count, batch, precision in product(engine.choices(), threads, batches, precisions):
            if quantised != (precision == "int8") or (precision != "fp32" and use == "False"):
                continue
            parts = [device, name, use, *([] if on_gpu else ["threads", count]), "precision", precision]
            yield Case(
                "_".join(["python_infer", *parts, "batchsize", batch]),
                [
                    *rows["device"].flag(device),
                    *engine.flag(use),
                    *rows["cpu_threads"].flag(count),
                    *rows["batch_size"].flag(batch),
                    *rows["precision"].flag(precision),
                    *rows["benchmark"].flag(),
                    *(rows["model_name"].flag() if "model_name" in rows else []),
                ],
            )


def run_cases(
    chain: Chain, interpreter: str, rows: Section, model: Path, photos: str, *, quantised: bool, gpus: str = ""
) -> bool:
    """Run an exported folder in every way; whether all went well.

    Args:
        photos: A picture, a folder or a list.
        gpus: `CUDA_VISIBLE_DEVICES` of the steps; "" leaves it.
    """
    well, env = True, {"CUDA_VISIBLE_DEVICES": gpus} if gpus else {}
    listed = list(cases(rows, quantised=quantised))
    if not listed:
        chain.note(False, ["inference"], Path("no combination of device, engine and precision is left to run"))
    for case in listed:
        masks = chain.clear(f"{case.name}_results")
        given = [*rows["config"].flag(model / "deploy.yaml"), *rows["image_path"].flag(photos)]
        command = [python(interpreter), *shlex.split(rows["inference"].value), *given, *case.flags]
        well &= chain.run([*command, *rows["save_dir"].flag(masks)], chain.folder / f"{case.name}.log", **env)
    return well and bool(listed)
