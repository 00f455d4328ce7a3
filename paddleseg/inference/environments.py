"""Programs that cannot share an environment with this package, each in one of its own below `fetch.home()`."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from paddleseg import fetch


def program(name: str, environment: str = "") -> Path | None:
    """A program: of this environment, of its own one, or of the search path."""
    places = [Path(sys.executable).parent, *([folder(environment) / "bin"] if environment else [])]
    found = next((place / name for place in places if (place / name).is_file()), None)
    if found is None and (other := shutil.which(name)):
        found = Path(other)
    return found


def interpreter(package: str, environment: str) -> Path | None:
    """A Python that imports `package`: this one, or that of an environment of its own."""
    for python in (Path(sys.executable), folder(environment) / "bin" / "python"):
        if python.is_file() and _imports(python, package):
            return python
    return None


def folder(environment: str) -> Path:
    """Where an environment is looked for."""
    return fetch.home() / "environments" / environment


def command_for(environment: str, python: str, *packages: str) -> str:
    """What makes an environment, for people."""
    place = folder(environment)
    listed = " ".join(f'"{package}"' if "<" in package else package for package in packages)
    return f"{python} -m venv {place} && {place}/bin/pip install {listed}"


def _imports(python: Path, package: str) -> bool:
    code = f"import importlib.util as u, sys; sys.exit(u.find_spec({package!r}) is None)"
    return subprocess.run([str(python), "-c", code], capture_output=True, check=False).returncode == 0
