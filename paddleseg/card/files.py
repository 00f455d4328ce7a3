"""Cards as YAML files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from paddleseg.card.paddleseg import from_deploy
from paddleseg.card.schema import Card
from paddleseg.card.text import to_yaml
from paddleseg.errors import ConfigError, ExportError, Problem
from paddleseg.files import atomic_write_text, is_file, read_bytes

CARD_NAME, DEPLOY_NAME = "inference.yml", "deploy.yaml"
_MOST_BYTES = 1_000_000
_HEADER = (
    "# How to run this model; docs/howto/inference.md explains every key. "
    "Tensor sizes are (h, w), target_size is [w, h].\n"
)


def load_card(path: str | Path) -> tuple[Card, Path]:
    """The card of an exported model and the folder of its files.

    Args:
        path: The folder, its `inference.yml`, or its `deploy.yaml`, which PaddleSeg's own exports have too. Where both
            are there `inference.yml` counts, since it says more.

    Raises:
        ExportError: There is no such card.
        ConfigError: It cannot be understood; lists every fault.
    """
    path = Path(path)
    folder = path if path.is_dir() else path.parent
    if not path.exists():
        raise ExportError(str(path), "does not exist", "give the folder that export wrote")
    candidates = [folder / CARD_NAME, folder / DEPLOY_NAME]
    if is_file(path) and path.name not in (CARD_NAME, DEPLOY_NAME):
        candidates = [path]
    found = next((candidate for candidate in candidates if is_file(candidate)), None)
    if found is None:
        raise ExportError(str(folder), f"holds no {CARD_NAME} and no {DEPLOY_NAME}", "export the model again")
    return _with_todays_graph(read_card(found), folder), folder


def _with_todays_graph(card: Card, folder: Path) -> Card:
    """On Paddle 3 PaddleSeg's export writes `model.json`, and a card that still says `model.pdmodel`."""
    said = card.files.graph or ""
    there = said.removesuffix(".pdmodel") + ".json"
    if said.endswith(".pdmodel") and not is_file(folder / said) and is_file(folder / there):
        return card.model_copy(update={"files": card.files.model_copy(update={"graph": there})})
    return card


def is_exported(path: str | Path) -> bool:
    """Whether there is a card: a file of that kind, or one in the folder."""
    path = Path(path)
    names = (CARD_NAME, DEPLOY_NAME)
    return any(is_file(path / name) for name in names) if path.is_dir() else path.suffix in (".yml", ".yaml")


def read_card(path: str | Path) -> Card:
    """The card in one file, in our form or in that of PaddleSeg's `deploy.yaml`."""
    try:
        text = read_bytes(path, _MOST_BYTES).decode("utf-8")
        if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text)):
            raise yaml.YAMLError("a card has no aliases, which could grow without bounds")
        content = yaml.safe_load(text)
    except OSError as error:
        raise ConfigError(str(path), f"cannot be read: {error.strerror or error}", "export the model again") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigError(str(path), f"is not YAML: {error}", "export the model again") from error
    if not isinstance(content, dict):
        raise ConfigError(str(path), "holds no mapping", "export the model again")
    deploy = content.pop("Deploy", None)
    if isinstance(deploy, dict) and "card" not in content:
        content = from_deploy(deploy)
    elif "card" not in content:
        raise ConfigError(str(path), "is no model's card", "give the folder that export wrote")
    try:
        return Card.model_validate(content)
    except ValidationError as error:
        faults = [(".".join(map(str, fault["loc"])), fault["msg"]) for fault in error.errors()]
        hint = "docs/howto/inference.md lists the keys"
        raise ConfigError([Problem(f"{path}: {place}", what, hint) for place, what in faults]) from error


def save_card(card: Card, path: str | Path) -> None:
    """Write the card as YAML, whole or not at all."""
    # Defaults are written out, since a reader in another language does not know them; what is empty is left out.
    content = card.model_dump(mode="json")
    for part in ("files", "measured"):
        content[part] = _told(content[part])
    atomic_write_text(path, _HEADER + to_yaml(_told(content)))


def _told(content: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in content.items() if value not in (None, "", [], {})}
