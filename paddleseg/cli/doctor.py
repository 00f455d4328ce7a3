"""`paddleseg doctor data CONFIG` and `paddleseg doctor env`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from paddleseg.cli import flags
from paddleseg.errors import Problem, printable

HELP = "look for faults in a data set, or in the installed packages, before training does"
EXAMPLE = """
paddleseg doctor data configs/pp_humanseg/portrait_fine_tune_mini.yml --html output/doctor.html
paddleseg doctor env
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    subjects = parser.add_subparsers(dest="subject", required=True, metavar="SUBJECT")
    data = subjects.add_parser("data", help="every image and label that a configuration names")
    data.add_argument("config", metavar="FILE", help="the YAML file of the run")
    flags.add_opts(data)
    data.add_argument("--save_dir", default="output/doctor", help="folder of the contact sheet (default: %(default)s)")
    data.add_argument("--html", metavar="FILE", help="write a page with pictures of what was found")
    whole = data.add_mutually_exclusive_group()
    whole.add_argument("--sample", type=int, metavar="N", help="look at N pairs of each data set instead of all")
    whole.add_argument("--fix", metavar="DIR", help="write repaired lists and labels to a new folder")
    data.add_argument("--json", action="store_true", help="print the findings as JSON")
    env = subjects.add_parser("env", help="versions, known bad combinations, devices, the CPU")
    env.add_argument("--json", action="store_true", help="print the findings as JSON")


def run(args: argparse.Namespace) -> int:
    return _environment(args) if args.subject == "env" else _data(args)


def _environment(args: argparse.Namespace) -> int:
    from paddleseg.doctor.environment import examine_environment

    found = examine_environment()
    print(found.json() if args.json else found.table())
    if args.json:
        return 2 if found.problems else 0
    return _verdict(found.problems, found.notes)


def _data(args: argparse.Namespace) -> int:
    from paddleseg.config import build, load_config
    from paddleseg.doctor.contact_sheet import inputs_of, write_contact_sheet
    from paddleseg.doctor.data import examine, open_datasets
    from paddleseg.doctor.fix import refuse_used_folder, repair
    from paddleseg.doctor.page import refuse_other_file, write_page
    from paddleseg.targets import refuse_overwriting

    config = load_config(args.config, args.opts)
    roles = [role for role in ("train", "val", "test") if getattr(config, f"{role}_dataset") is not None]
    config.require(*(["train_dataset"] if not roles else []))
    flags.require_ranges(("--sample", args.sample, 1, 10**9))
    if args.fix:
        refuse_used_folder(Path(args.fix))
    datasets, problems = open_datasets(roles, lambda role: build.build_dataset(config, role))
    sheet = Path(args.save_dir) / "contact_sheet.png"
    inputs = [Path(args.config), *inputs_of(datasets)]
    refuse_overwriting(inputs, [sheet])
    if args.html:
        refuse_overwriting(inputs, [args.html])
        refuse_other_file(Path(args.html))
    report = examine(datasets, sample=args.sample, progress=True)
    report.problems[:0] = problems
    shown, _ = write_contact_sheet(datasets, sheet)
    if args.html:
        write_page(report, datasets, Path(args.html), args.config)
    changes = repair(report, datasets, Path(args.fix)) if args.fix else []
    if args.json:
        print(report.json())
        return 2 if report.problems else 0
    print(report.table())
    if shown:
        print(f"Contact sheet: {sheet}")
    if args.html:
        print(f"Page: {args.html}")
    for line in changes:
        print(printable(line))
    return _verdict([finding.problem for finding in report.problems], [finding.problem for finding in report.notes])


def _verdict(problems: Sequence[Problem], notes: Sequence[Problem]) -> int:
    for note in notes:
        print(f"note: {note}")
    sys.stdout.flush()  # problems go to standard error, after the table where both end in one file
    for problem in problems:
        print(problem, file=sys.stderr)
    if not problems:
        print("No faults found.")
    return 2 if problems else 0
