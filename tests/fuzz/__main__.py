"""Cases of all targets in turn until the time is over; each fault is printed with what repeats it."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path

from tests.fuzz.targets import TARGETS, run

LIMIT_S = 60
"""A case that takes longer hangs."""


def fault(name: str, seed: int) -> str:
    """What went wrong in a case; empty if nothing did."""

    def hangs(*_: object) -> None:
        raise TimeoutError(f"more than {LIMIT_S} s")

    before = signal.signal(signal.SIGALRM, hangs)
    signal.alarm(LIMIT_S)
    try:
        with tempfile.TemporaryDirectory() as folder:
            run(name, seed, Path(folder))
        return ""
    except Exception:
        return traceback.format_exc()
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=120, help="for all targets together (default: %(default)s)")
    parser.add_argument("--target", choices=list(TARGETS), help="one target only")
    parser.add_argument("--seed", type=int, help="one case only, of --target")
    args = parser.parse_args()
    names = [args.target] if args.target else list(TARGETS)
    start, faults, seed = time.monotonic(), 0, args.seed or 0
    while args.seed is not None or time.monotonic() - start < args.seconds:
        for name in names:
            if found := fault(name, seed):
                faults += 1
                print(f"--- python -m tests.fuzz --target {name} --seed {seed}\n{found}", flush=True)
        seed += 1
        if args.seed is not None:
            break
    print(f"{seed} cases of {len(names)} targets, {faults} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
