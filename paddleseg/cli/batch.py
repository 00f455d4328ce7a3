"""`paddleseg batch`."""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from paddleseg.cli import flags
from paddleseg.cli.compose import parse_size
from paddleseg.errors import ConfigError, Problem, UserError
from paddleseg.inference.outputs import FOLDERS

if TYPE_CHECKING:
    from paddleseg.batch.engine import Engine
    from paddleseg.batch.settings import Settings

HELP = "pictures, soft labels and checks of millions of photos, on all cores or a cluster; goes on where it was stopped"
EXAMPLE = """
paddleseg batch photos/ output/batch --model_path zoo://portrait --outputs mask cutout
paddleseg batch photos.parquet output/batch --root photos/ --check
paddleseg batch photos/ output/batch --soft_labels zoo://portrait_accurate zoo://portrait --ray local
"""

_MOST_JOBS, _MOST_PHOTOS = 4096, 100_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "source", type=Path, metavar="SOURCE", help="a folder, a .txt list (a path a line), or a .csv or .parquet table"
    )
    parser.add_argument("output", type=Path, metavar="OUTPUT", help="a new folder, or one that a batch was begun in")
    made = parser.add_argument_group("what is made of every photo")
    made.add_argument("--model_path", metavar="MODEL", help="zoo:// weights, or a folder that export wrote")
    made.add_argument(
        "--outputs", nargs="+", choices=list(FOLDERS), metavar="KIND", help=f"{', '.join(FOLDERS)} (default: mask)"
    )
    made.add_argument("--background", default="", metavar="WHAT", help='a picture, a colour ("#00b140"), or blur')
    made.add_argument("--mask_values", nargs="+", type=int, default=[], metavar="GREY", help="greys of the classes")
    made.add_argument(
        "--soft_labels", nargs="+", default=[], metavar="MODEL", help="labels to learn from: the mean of these networks"
    )
    made.add_argument("--most_spread", type=float, default=1.0, help="as of `paddleseg data soft_labels`")
    made.add_argument("--check", action="store_true", help="the doctor's look at the files, for the index")
    made.add_argument(
        "--runtime", choices=["onnx", "openvino", "paddle"], help="what runs --model_path (default: as predict)"
    )
    names = parser.add_argument_group("how a list names photos")
    names.add_argument("--root", type=Path, metavar="DIR", help="what the paths are relative to (default: its folder)")
    names.add_argument("--column", metavar="NAME", help="of a table (default: path, or else the first)")
    names.add_argument("--separator", metavar="TEXT", help="what ends the path in a line (default: nothing)")
    how = parser.add_argument_group("how it runs")
    how.add_argument("--jobs", type=int, default=0, metavar="N", help="processes (default: one a core)")
    how.add_argument("--ray", metavar="ADDRESS", help="actors of a Ray cluster do it; local: of Ray on this machine")
    how.add_argument("--chunk", type=int, default=256, metavar="N", help="photos done together (default: 256)")
    how.add_argument("--max_disk", type=parse_size, default=float("inf"), metavar="SIZE", help="stop at so much")
    how.add_argument("--retry_failed", action="store_true", help="do chunks with failures again")


def run(args: argparse.Namespace) -> int:
    from paddleseg.batch.folder import prepare
    from paddleseg.batch.photos import Source
    from paddleseg.batch.run import raise_failures
    from paddleseg.batch.run import run as run_batch
    from paddleseg.batch.watch import Watch
    from paddleseg.lock import held

    flags.require_ranges(
        ("--jobs", args.jobs, 0, _MOST_JOBS),
        ("--chunk", args.chunk, 1, _MOST_PHOTOS),
        ("--most_spread", args.most_spread, 0, 1),
    )
    source = Source(args.source, args.root, args.column, args.separator)
    settings = settings_from(args, source.place)
    with held(args.output), closing(_engine(args, settings)) as engine:
        plan = prepare(settings, source)
        for line in filter(None, (source.remark(), plan.news)):
            print(line, file=sys.stderr)
        try:
            with Watch() as watch:
                outcome = run_batch(plan, engine, retry=args.retry_failed, max_bytes=args.max_disk, watch=watch)
        except (KeyboardInterrupt, UserError):
            if plan.is_begun:
                print(f"{args.output}: not finished; the same command goes on from here", file=sys.stderr)
            raise
    done, failed = outcome.all.done, outcome.all.failed
    pace = f"{watch.pace:.1f} photos/s, " if outcome.now.done else ""
    print(f"{done:,} of {outcome.total:,} photos done, {failed:,} failed, {pace}results in {args.output}")
    if outcome.is_full:
        print("Stopped at --max_disk; with a larger one it goes on.")
    raise_failures(plan, outcome)
    return 0


def settings_from(args: argparse.Namespace, root: Path) -> Settings:
    """What the flags ask for.

    Raises:
        ConfigError: They do not fit each other.
    """
    from paddleseg.batch.settings import Settings

    wanted = args.model_path or not (args.soft_labels or args.check)
    kinds = args.outputs or (["background"] if args.background else ["mask"] if wanted else [])
    problems = []
    if kinds and not args.model_path:
        problems.append(Problem("--model_path", "is needed for pictures", "name weights such as zoo://portrait"))
    if "background" in kinds and not args.background:
        problems.append(Problem("--outputs background", "needs to know which", "add --background, such as blur"))
    if args.background and "background" not in kinds:
        problems.append(Problem("--background", "is no use without --outputs background", "add it, or leave this out"))
    if problems:
        raise ConfigError(problems)
    return Settings(
        output=str(args.output.absolute()),
        root=str(root),
        model=_whole(args.model_path or ""),
        runtime=args.runtime,
        outputs=tuple(dict.fromkeys(kinds)),
        background=_whole(args.background),
        mask_values=tuple(args.mask_values),
        soft_models=tuple(map(_whole, args.soft_labels)),
        most_spread=args.most_spread,
        check=args.check,
        chunk=args.chunk,
    )


def _whole(name: str) -> str:
    """A file's absolute path; what is no file as it is."""
    return str(Path(name).absolute()) if name and os.path.lexists(name) else name


def _engine(args: argparse.Namespace, settings: Settings) -> Engine:
    if args.ray:
        from paddleseg.batch.on_ray import Ray

        return Ray(settings, args.ray, args.jobs)
    from paddleseg.batch.pool import Pool

    return Pool(settings, args.jobs or os.cpu_count() or 1)
