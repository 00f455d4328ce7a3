"""`logger.info(...)` in PaddleSeg's form: a line on standard output, with time and level, on rank 0."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import TextIO

from paddleseg import compat


class _Form(logging.Formatter):
    """Of the release that is followed when the line is written."""

    def format(self, record: logging.LogRecord) -> str:
        return logging.Formatter(*compat.log_format()).format(record)


class _Stdout(logging.StreamHandler):  # type: ignore[type-arg]
    """Writes to what standard output is at the time, since notebooks and tests replace it."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stdout


def setup_logger(
    name: str = "ppseg",
    log_file: str | Path | None = None,
    log_level: int = logging.DEBUG,
    log_ranks: str = "0",
) -> logging.Logger:
    """The logger called `name`; set up on the first call only.

    Args:
        log_file: Also written to; its folder is made.
        log_ranks: Ranks that log, separated by commas; the others log errors only.
    """
    found = logging.getLogger(name)
    if found.handlers:
        return found
    found.propagate = False
    handlers: list[logging.Handler] = [_Stdout()]
    if log_file is not None:
        Path(log_file).parent.mkdir(parents=True, exist_ok=True)
        handlers.append(logging.FileHandler(log_file, "a", encoding="utf-8"))
    for handler in handlers:
        handler.setFormatter(_Form())
        found.addHandler(handler)
    logs = os.environ.get("PADDLE_TRAINER_ID", "0") in {rank.strip() for rank in str(log_ranks).split(",")}
    found.setLevel(log_level if logs else logging.ERROR)
    return found


logger = setup_logger("ppseg_base")
info, debug, warning, error = logger.info, logger.debug, logger.warning, logger.error
