"""Checks of the Android project that need no Android SDK; docs/howto/deploy_mobile.md says what they show.

python deploy/android/check.py --fetch               # once: packages of PyPI and npm, 90 MB, into .cache/android
python deploy/android/check.py [--all] [STEP ...]    # --all: a missing tool is a failure
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from checks import builds, jni, tools, xml_files

_CPP = "portrait-segmenter/src/main/cpp/jni.cpp"
_NATIVE = "portrait-segmenter/src/main/kotlin/org/paddleseg/portrait/Native.kt"
STEPS: dict[str, Callable[[Path], list[str]]] = {
    "xml": lambda _: xml_files.problems(tools.ANDROID),
    "jni": lambda _: jni.problems(tools.ANDROID / _NATIVE, tools.ANDROID / _CPP),
    "resources": builds.resources,
    "sources": builds.sources,
    "tests": builds.tests,
}
SKIPPED = 77
"""The exit code where nothing failed and a tool was missing."""


def main() -> int:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("steps", nargs="*", metavar="STEP", help=f"of {', '.join(STEPS)}; by default all")
    parser.add_argument("--all", action="store_true", help="a missing tool is a failure")
    parser.add_argument("--fetch", action="store_true", help="download packages, and end")
    args = parser.parse_args()
    if unknown := [name for name in args.steps if name not in STEPS]:
        parser.error(f"no such step: {', '.join(unknown)}")
    if args.fetch:
        tools.fetch()
        return 0
    failed = skipped = False
    with tempfile.TemporaryDirectory() as work:
        for name in args.steps or STEPS:
            try:
                problems = STEPS[name](Path(work))
            except tools.MissingError as missing:
                print(f"{name}: left out: {missing}")
                skipped = True
                continue
            print(f"{name}: {'wrong' if problems else 'right'}")
            for problem in problems:
                print(f"  {problem}")
            failed |= bool(problems)
    return 1 if failed or (skipped and args.all) else SKIPPED if skipped else 0


if __name__ == "__main__":
    sys.exit(main())
