"""The contract of a target: files for one runtime, made of the model or of another target's files."""

from __future__ import annotations

import os
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from paddle import nn

from paddleseg.card import Card, Files
from paddleseg.errors import ExportError

if TYPE_CHECKING:
    from paddleseg.export.quantize.recipe import Recipe

Format = Literal["pir", "legacy"]
Precision = Literal["fp32", "fp16", "int8"]


@dataclass(frozen=True)
class Work:
    """What a target is made of.

    Args:
        model: In memory.
        card: Its input and output say what the graph is.
        format: Of Paddle's graph.
        folder: Where the files go, and where those of the targets before it are.
        files: The names of all targets' files.
        precision: Of the targets that have a choice.
        opset: Of ONNX.
        photos: What int8 learns ranges of values from.
        recipe: How int8 is made; None for the usual way.
    """

    model: nn.Layer
    card: Card
    format: Format
    folder: Path
    files: Files
    precision: Precision = "fp32"
    opset: int = 13
    photos: Sequence[Path] = ()
    recipe: Recipe | None = None

    @property
    def exact(self) -> Path:
        """The ONNX file in 32 bits, which other targets are made of; it goes when all are there."""
        return self.folder / ".exact.onnx"


class Target(ABC):
    """Files that the runtime of the same name runs. The same model gives the same bytes, whatever ran before.

    Attributes:
        name: Its registered name.
        title: What people call the runtime.
        made_of: Targets whose files it is made of; they are written too, and stay.
        precisions: Those that it can be written in.
        cure: What installs that which `missing` misses.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    made_of: ClassVar[tuple[str, ...]] = ()
    precisions: ClassVar[tuple[Precision, ...]] = ("fp32",)
    cure: ClassVar[str] = ""

    @classmethod
    def missing(cls) -> str:
        """Why it cannot be written here; empty where it can."""
        return ""

    @classmethod
    @abstractmethod
    def files(cls, stem: str, format: Format) -> dict[str, str]:
        """The names of its files, by the card's keys below `files`."""

    @classmethod
    @abstractmethod
    def write(cls, work: Work) -> None:
        """Write the files.

        Raises:
            ExportError: The model cannot be written in this form.
        """


def convert(target: type[Target], command: Sequence[str], made: Path, hint: str) -> None:
    """Run a converter in a process of its own, since some end the process they run in.

    Raises:
        ExportError: It has not written `made`; in its own words.
    """
    # A program of another environment finds those that it starts beside itself.
    beside = os.pathsep.join([str(Path(command[0]).parent), os.environ.get("PATH", "")])
    env = os.environ | {"PATH": beside}
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False, env=env)
    if done.returncode or not made.is_file():
        said = [line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        words = [line for line in said if "ERROR" in line] or said[-1:] or ["without a word"]
        what = f"the converter ended with code {done.returncode}: {words[-1]}"
        raise ExportError(f"target {target.name}", what, hint)
