"""One line of JSON for each event; no names of files, no addresses of clients, nothing of pictures."""

from __future__ import annotations

import json
import logging
import sys
import time
import traceback
from typing import TextIO

logger = logging.getLogger("paddleseg.service")


class _Lines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line = {"time": f"{stamp}.{int(record.msecs):03d}Z", "level": record.levelname.lower()}
        line |= {"event": record.getMessage(), **getattr(record, "fields", {})}
        if record.exc_info and record.exc_info[1]:
            line["traceback"] = "".join(traceback.format_exception(record.exc_info[1]))
        return json.dumps(line)


class _Handler(logging.StreamHandler[TextIO]):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """Whoever read the log has stopped; the service goes on, and its exit code tells."""


def log(event: str, level: int = logging.INFO, error: BaseException | None = None, **fields: object) -> None:
    """Write an event with its fields."""
    logger.log(level, event, extra={"fields": fields}, exc_info=error)


def start() -> None:
    """Send our lines, and the server's warnings, to standard output."""
    handler = _Handler(sys.stdout)
    handler.setFormatter(_Lines())
    for name, level in (("paddleseg.service", logging.INFO), ("uvicorn.error", logging.WARNING)):
        one = logging.getLogger(name)
        one.handlers[:], one.propagate = [handler], False
        one.setLevel(level)
