"""A user's own components: Python files named in a configuration, imported once."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from pathlib import Path

from paddleseg.errors import ConfigError, UserError

_PREFIX = "paddleseg_plugin_"


def import_plugin(path: str | Path, where: str = "plugins") -> None:
    """Import a file whose decorators register components; a second call with the same file does nothing.

    Raises:
        ConfigError: At `where`: there is no such file, or it fails while it is imported.
    """
    file = Path(path).resolve()
    if not file.is_file():
        raise ConfigError(where, f"there is no plugin file {path}", "plugin paths are relative to the YAML file")
    # Two plugins may share a file name, so the module's name says which folder it came from.
    name = f"{_PREFIX}{file.stem}_{hashlib.sha256(str(file).encode()).hexdigest()[:8]}"
    if name in sys.modules:
        return
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ConfigError(where, f"{path} is not a Python file", "name a file that ends in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except UserError:
        del sys.modules[name]
        raise
    except Exception as error:
        del sys.modules[name]
        raise ConfigError(where, f"{path} fails when imported: {type(error).__name__}: {error}", "mend it") from error


def imported_plugins() -> list[str]:
    """The files of all plugins that this process has imported; worker processes import them too."""
    return [str(module.__file__) for name, module in list(sys.modules.items()) if name.startswith(_PREFIX)]
