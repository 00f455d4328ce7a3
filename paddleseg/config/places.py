"""Where configurations are, and the files that they name: from any working directory."""

from __future__ import annotations

import difflib
import os
from pathlib import Path

import yaml

from paddleseg.errors import ConfigError, Problem
from paddleseg.files import atomic_write_bytes

_PACKAGE = Path(__file__).parents[1]


def shipped() -> Path:
    """The folder of the configurations that come with this package: of the clone, or inside an installed package."""
    inside = _PACKAGE / "configs"
    return inside if inside.is_dir() else _PACKAGE.parent / "configs"


def names() -> list[str]:
    """The shipped configurations, such as `pp_humanseg/portrait_fine_tune.yml`; `_base_` files are parts of them."""
    root = shipped()
    found = sorted(path.relative_to(root) for path in root.rglob("*.yml"))
    return [path.as_posix() for path in found if path.parts[0] != "_base_"]


def find_config(text: str | Path) -> Path:
    """The file that a user means: a path, or the name of a shipped configuration, with or without folder and ending.

    Raises:
        ConfigError: Several shipped configurations are called so.
    """
    path = Path(text)
    if exists(path):
        return path
    wanted = _bare(path.as_posix()).removeprefix("configs/") + ".yml"
    same = [name for name in names() if name == wanted or name.endswith(f"/{wanted}")]
    if len(same) > 1:
        raise ConfigError(str(text), f"may be {' or '.join(same)}", "write its folder too")
    return shipped() / same[0] if same else path


def nearest(text: str | Path) -> list[str]:
    """Shipped configurations with a name like this one."""
    known = [_bare(Path(name).name) for name in names()]
    return difflib.get_close_matches(_bare(Path(text).name), known, n=1, cutoff=0.6)


def _bare(name: str) -> str:
    """A name without its ending; a dot elsewhere, as in `scale0.5_160k`, is part of it."""
    return name.removesuffix(".yml").removesuffix(".yaml")


def find_beside(name: str, written_in: str) -> str:
    """A relative path of a configuration, from the folder where there is such a file.

    The working directory comes first, as in PaddleSeg; then the folder of the file that wrote the path, and those above
    it, of which one is the clone. What is nowhere stays as it was written, so that messages say what the user wrote.
    """
    path = Path(name)
    if "://" in name or path.is_absolute() or exists(path) or not Path(written_in).is_file():
        return name
    places = Path(written_in).resolve().parents
    return next((str(place / path) for place in places if exists(place / path)), name)


def exists(path: Path) -> bool:
    """Whether there is such a file or folder; no, for names that no file system takes."""
    return os.path.exists(path)  # noqa: PTH110 (Path.exists raises)


def copy_shipped(name: str, folder: Path) -> list[Path]:
    """Copy a shipped configuration and its `_base_` files, each to its place below `folder`; returns the copies.

    Raises:
        ConfigError: There is no such configuration, or another file stands where a copy would go.
        OutputError: `folder` cannot be written.
    """
    root, first = shipped(), find_config(name)
    if not exists(first) or not first.resolve().is_relative_to(root.resolve()):
        near = nearest(name)
        raise ConfigError(
            name, "no such configuration comes with the package", f"did you mean {near[0]}?" if near else ""
        )
    files = [path.resolve() for path in _with_bases(first.resolve())]
    copies = {file: folder / file.relative_to(root.resolve()) for file in files}
    taken = [copy for file, copy in copies.items() if exists(copy) and copy.read_bytes() != file.read_bytes()]
    if taken:
        raise ConfigError(
            [Problem(str(copy), "is there already, with other content", "choose another --save_dir") for copy in taken]
        )
    for file, copy in copies.items():
        atomic_write_bytes(copy, file.read_bytes())
    return list(copies.values())


def _with_bases(file: Path) -> list[Path]:
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    bases = content.get("_base_", [])
    found = [file]
    for base in bases if isinstance(bases, list) else [bases]:
        found += [path for path in _with_bases((file.parent / base).resolve()) if path not in found]
    return found
