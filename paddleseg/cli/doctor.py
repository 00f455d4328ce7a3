"""`paddleseg doctor data CONFIG`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from paddleseg.cli import flags

HELP = "look for faults in a data set before training does"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    subjects = parser.add_subparsers(dest="subject", required=True, metavar="SUBJECT")
    data = subjects.add_parser("data", help="every image and label that a configuration names")
    data.add_argument("config", metavar="FILE", help="the YAML file of the run")
    flags.add_opts(data)
    data.add_argument("--save_dir", default="output/doctor", help="folder of the contact sheet (default: %(default)s)")
    data.add_argument("--sample", type=int, metavar="N", help="look at N pairs of each data set instead of all")
    data.add_argument("--json", action="store_true", help="print the findings as JSON")


def run(args: argparse.Namespace) -> int:
    from paddleseg.config import build, load_config
    from paddleseg.doctor.contact_sheet import write_contact_sheet
    from paddleseg.doctor.data import examine, open_datasets

    config = load_config(args.config, args.opts)
    roles = [role for role in ("train", "val", "test") if getattr(config, f"{role}_dataset") is not None]
    config.require(*(["train_dataset"] if not roles else []))
    datasets, problems = open_datasets(roles, lambda role: build.build_dataset(config, role))
    report = examine(datasets, sample=args.sample, progress=True)
    report.problems[:0] = problems
    sheet = Path(args.save_dir) / "contact_sheet.png"
    written = write_contact_sheet(datasets, sheet)
    if args.json:
        print(report.json())
        return 2 if report.problems else 0
    print(report.table())
    for note in report.notes:
        print(f"note: {note}")
    if written:
        print(f"Contact sheet: {sheet}")
    sys.stdout.flush()  # problems go to standard error, after the table where both end in one file
    report.raise_problems()
    print("No faults found.")
    return 0
