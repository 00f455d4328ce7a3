"""Names to components. A registry knows its folder: it finds a component by reading source, and imports only its file.

No Paddle import here: looking a name up in a config must cost milliseconds.
"""

from __future__ import annotations

import difflib
import importlib
import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from paddleseg.errors import ConfigError

_PACKAGE_ROOT = Path(__file__).parent
# A decorator line such as `@MODELS.register` or `@LOSSES.register("BCELoss")`, further decorators, then the definition.
_DECORATED = (
    r"^@(?:manager\.)?{name}\.(?:register|add_component)(?:\(\s*(?P<args>[^)]*)\))?\s*\n"
    r"(?:@[^\n]*\n)*(?:class|def)\s+(?P<symbol>\w+)"
)


class Registry:
    """A family of components (`MODELS`, `LOSSES`, ...) by name.

    Args:
        name: The variable name that holds this registry; decorators in source files are found by it.
        folder: The package below `paddleseg` whose files define the components, such as `"models"`. A task may define
            some of its own, so `tasks` is searched too.
        noun: What messages call a member, such as `"model"`.
        adopter: A module with a function `adopted`, which brings members of another style into the family's.

    Example:
        >>> @MODELS.register
        ... class TinyNet: ...
        >>> MODELS.get("TinyNet")
    """

    def __init__(self, name: str, folder: str, noun: str, adopter: str = ""):
        self.name, self.folder, self.noun, self.adopter = name, folder, noun, adopter
        self._objects: dict[str, Any] = {}
        self._files: dict[str, Path] | None = None

    def register(self, component: Any = None, *aliases: str) -> Any:
        """Decorator: `@R.register` under the object's own name, `@R.register("A", "B")` under the names given."""
        if isinstance(component, str):
            names = (component, *aliases)
            return lambda obj: self._add(obj, names)
        if component is None:
            return lambda obj: self._add(obj, ())
        return self._add(component, aliases)

    def add_component(self, components: Any) -> Any:
        """PaddleSeg's spelling: register one class or function, or a list of them, under their own names."""
        for component in components if isinstance(components, (list, tuple)) else [components]:
            self._add(component, ())
        return components

    def _add(self, obj: Any, names: tuple[str, ...]) -> Any:
        source = _source(obj)
        for name in names or (obj.__name__,):
            held = self._objects.get(name)
            if held is not None and _source(held) != source:
                raise self._taken(name, source, _source(held))
            # A built-in that nobody has asked for yet is known by its file only.
            built_in = self._index().get(name)
            if held is None and built_in is not None and not source.startswith(f"{built_in}:"):
                raise self._taken(name, source, str(built_in))
            self._objects[name] = obj
        return obj

    def _index(self) -> dict[str, Path]:
        """Component name -> source file, from a text search over the folder."""
        if self._files is None:
            self._files = {}
            pattern = re.compile(_DECORATED.format(name=self.name), re.MULTILINE)
            folders = dict.fromkeys((self.folder, "tasks"))
            for path in (file for folder in folders for file in sorted((_PACKAGE_ROOT / folder).rglob("*.py"))):
                for match in pattern.finditer(path.read_text(encoding="utf-8")):
                    names = re.findall(r"[\"'](\w+)[\"']", match["args"] or "") or [match["symbol"]]
                    for name in names:
                        if self._files.setdefault(name, path) != path:
                            raise self._taken(name, str(path), str(self._files[name]))
        return self._files

    def _taken(self, name: str, here: str, there: str) -> ConfigError:
        return ConfigError(here, f"a {self.noun} called '{name}' exists already, in {there}", "rename one of the two")

    def get(self, name: str, where: str = "type") -> Callable[..., Any]:
        """The class or function called `name`; raises `ConfigError` at `where` with the nearest names."""
        if name not in self._objects and name in self._index():
            relative = self._index()[name].relative_to(_PACKAGE_ROOT.parent).with_suffix("")
            importlib.import_module(".".join(relative.parts))
        if name not in self._objects:
            near = difflib.get_close_matches(name, self.names(), n=1, cutoff=0.5)
            hint = f"did you mean '{near[0]}'?" if near else f"known: {', '.join(self.names()) or 'none yet'}"
            raise ConfigError(where, f"no {self.noun} is called '{name}'", hint)
        return self._objects[name]

    def adopted(self, made: Any) -> Any:
        """A component that was built, in the style of this family."""
        return importlib.import_module(self.adopter).adopted(made) if self.adopter else made

    def names(self) -> list[str]:
        """All names, sorted, without importing the components."""
        return sorted({*self._objects, *self._index()})

    def as_module(self, module: str) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
        """`__getattr__` and `__dir__` of the package `module`, by which its members can be imported from it.

        They are looked up on demand, so that the list of names is kept in one place only: the decorators.
        """

        def member(name: str) -> Any:
            if name in self:
                return self.get(name)
            raise AttributeError(f"module {module!r} has no attribute {name!r}")

        return member, self.names

    def __contains__(self, name: str) -> bool:
        return name in self._objects or name in self._index()

    def __getitem__(self, name: str) -> Callable[..., Any]:
        return self.get(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def __len__(self) -> int:
        return len(self.names())

    @property
    def components_dict(self) -> Mapping[str, Callable[..., Any]]:
        """PaddleSeg's spelling: the components by name; each is imported when it is asked for."""
        return _ByName(self)


class _ByName(Mapping[str, Callable[..., Any]]):
    def __init__(self, registry: Registry):
        self._registry = registry

    def __getitem__(self, name: str) -> Callable[..., Any]:
        if name not in self._registry:
            raise KeyError(name)
        return self._registry[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._registry)

    def __len__(self) -> int:
        return len(self._registry)


def _source(obj: Any) -> str:
    module = importlib.import_module(obj.__module__)
    return f"{getattr(module, '__file__', None) or obj.__module__}:{obj.__qualname__}"


def wanted_of_backbone(network: Callable[..., Any], backbone: Callable[..., Any]) -> dict[str, Any]:
    """What `network` gives to a backbone whose description leaves it out, of the arguments that this one takes.

    A network that needs other maps than most says so in its class, as `backbone_defaults`.
    """
    wanted: dict[str, Any] = getattr(network, "backbone_defaults", {})
    taken = inspect.signature(backbone).parameters if wanted else {}
    return {name: value for name, value in wanted.items() if name in taken}


MODELS = Registry("MODELS", "models", "model")
BACKBONES = Registry("BACKBONES", "models/backbones", "backbone")
LOSSES = Registry("LOSSES", "losses", "loss")
TRANSFORMS = Registry("TRANSFORMS", "transforms", "transform")
DATASETS = Registry("DATASETS", "datasets", "data set", adopter="paddleseg.datasets.adopt")
OPTIMIZERS = Registry("OPTIMIZERS", "optim", "optimizer")
LR_SCHEDULES = Registry("LR_SCHEDULES", "optim", "learning-rate schedule")
POSTPROCESS = Registry("POSTPROCESS", "inference/post", "postprocessing step")
RUNTIMES = Registry("RUNTIMES", "inference/runtimes", "runtime")
TARGETS = Registry("TARGETS", "export/targets", "target")
TASKS = Registry("TASKS", "tasks", "task")
