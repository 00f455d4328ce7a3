"""`paddleseg serve`."""

from __future__ import annotations

import argparse
import os
import re
from typing import TYPE_CHECKING

from paddleseg.cli import flags
from paddleseg.errors import ConfigError

if TYPE_CHECKING:
    from paddleseg.inference.predictor import Predictor

HELP = "masks over HTTP: a service, with a page to try it"
EXAMPLE = """
paddleseg serve
paddleseg serve --model output/export --port 9000 --workers 8 --queue 256
PADDLESEG_TOKEN=$(openssl rand -hex 16) paddleseg serve --host 0.0.0.0
"""

_ORIGIN = re.compile(r"https?://[^/\s*]+")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from paddleseg.service.settings import Settings

    usual = Settings()
    parser.add_argument(
        "--model",
        default="zoo://portrait",
        metavar="MODEL",
        help="zoo:// weights or an exported folder (default: %(default)s)",
    )
    flags.add_runtime(parser, "as predict")
    flags.add_device(parser)
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: %(default)s, this machine only)"
    )
    parser.add_argument(
        "--port", type=int, default=8000, metavar="N", help="0 for any that is free (default: %(default)s)"
    )
    parser.add_argument(
        "--workers", type=int, metavar="N", help="threads that decode, segment and encode (default: one a core)"
    )
    parser.add_argument(
        "--threads", type=int, default=1, metavar="N", help="of the network in each worker (default: %(default)s)"
    )
    parser.add_argument(
        "--batch",
        type=int,
        default=usual.batch,
        metavar="N",
        help="photos at once, where many wait (default: %(default)s)",
    )
    parser.add_argument(
        "--queue",
        type=int,
        default=usual.queue,
        metavar="N",
        help="requests in hand; more get 429 (default: %(default)s)",
    )
    parser.add_argument(
        "--streams", type=int, default=usual.streams, metavar="N", help="cameras at one time (default: %(default)s)"
    )
    parser.add_argument(
        "--max_bytes", type=int, default=usual.max_bytes, metavar="N", help="of a request (default: %(default)s)"
    )
    parser.add_argument(
        "--max_pixels",
        type=int,
        default=usual.max_pixels,
        metavar="N",
        help="of a request, and in memory at one time (default: %(default)s)",
    )
    parser.add_argument(
        "--timeout", type=float, default=usual.timeout, metavar="S", help="seconds for a request (default: %(default)s)"
    )
    parser.add_argument("--token", help="what clients have to send; better in the environment, as PADDLESEG_TOKEN")
    parser.add_argument(
        "--cors", nargs="+", default=[], metavar="ORIGIN", help="origins whose pages may use it (default: none)"
    )


def run(args: argparse.Namespace) -> int:
    _check(args)
    from paddleseg.service.server import serve
    from paddleseg.service.settings import Settings

    settings = Settings(
        **{name: getattr(args, name) for name in ("max_bytes", "max_pixels", "timeout", "queue", "streams", "batch")},
        workers=args.workers or os.cpu_count() or 1,
        token=args.token or os.environ.get("PADDLESEG_TOKEN") or None,
        cors=tuple(args.cors),
    )
    serve(_predictor(args), settings, args.host, args.port)
    return 0


def _check(args: argparse.Namespace) -> None:
    flags.require_ranges(
        ("--port", args.port, 0, 65535),
        ("--workers", args.workers, 1, 256),
        ("--threads", args.threads, 0, 1024),
        ("--batch", args.batch, 1, 256),
        ("--queue", args.queue, 1, 100_000),
        ("--streams", args.streams, 0, 1024),
        ("--max_bytes", args.max_bytes, 1024, 1 << 30),
        ("--max_pixels", args.max_pixels, 1024, 1 << 28),
        ("--timeout", args.timeout, 0.1, 3600),
    )
    for origin in args.cors:
        if not _ORIGIN.fullmatch(origin):
            raise ConfigError(f"--cors {origin}", "is no origin", "such as: --cors https://example.org")


def _predictor(args: argparse.Namespace) -> Predictor:
    from paddleseg import zoo
    from paddleseg.inference.predictor import Predictor

    opened = Predictor.from_zoo if args.model.startswith(zoo.PREFIX) else Predictor.from_export
    return opened(args.model, args.runtime, args.device or "cpu", args.threads)
