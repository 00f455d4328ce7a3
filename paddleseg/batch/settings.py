"""What a batch makes of every photo: all that its results depend on, and nothing else."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from paddleseg import zoo
from paddleseg.card import load_card
from paddleseg.files import file_sha256, is_file
from paddleseg.version import __version__

SOFT = "soft"
"""The folder of soft labels."""


@dataclass(frozen=True)
class Settings:
    """Goes to every process. Paths are absolute: processes of a cluster have another working directory.

    Args:
        output: Where results go.
        root: What the photos' names are relative to.
        model: `zoo://` weights or an exported folder; "" where no pictures are asked for.
        runtime: What runs it; None leaves the choice to `Predictor`.
        outputs: Kinds of pictures, of `inference.outputs.FOLDERS`.
        background: What "background" puts behind the person.
        mask_values: Grey values of the classes in "mask".
        soft_models: Networks whose mean is written as soft labels.
        most_spread: As of `soft_label`.
        check: Whether the doctor looks at the files.
        chunk: Photos that are done, or done again, together.
    """

    output: str
    root: str
    model: str = ""
    runtime: str | None = None
    outputs: tuple[str, ...] = ()
    background: str = ""
    mask_values: tuple[int, ...] = ()
    soft_models: tuple[str, ...] = ()
    most_spread: float = 1.0
    check: bool = False
    chunk: int = 256

    def note(self) -> dict[str, Any]:
        """What a later call is compared with: the settings, and digests of the files that they name."""
        note = {name: value for name, value in asdict(self).items() if name != "output"}
        models = [source for source in (self.model, *self.soft_models) if source]
        note["model files"] = {source: _digest(source) for source in models}
        if is_file(self.background):
            note["background file"] = file_sha256(self.background)
        note["version"] = __version__
        return note


def _digest(model: str) -> dict[str, str]:
    """The digests of a model's files; of the zoo's, of those that are on this machine."""
    if model.startswith(zoo.PREFIX):
        card = zoo.card_path(model)
        files = [card, *(path.with_suffix(kind) for path in (card,) for kind in (".onnx", ".pdparams"))]
    else:
        card_, folder = load_card(model)
        files = [folder / name for name in card_.files.model_dump().values() if name]
    return {path.name: file_sha256(path) for path in files if is_file(path)}
