"""A run owns its folder: no other run writes there, and nothing of another run is taken for its own."""

from __future__ import annotations

import re
import secrets
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from paddleseg.engine import dist
from paddleseg.engine.saved import BEST, Entry, Saved, candidates, entries, names_of, read_saved
from paddleseg.errors import ConfigError, OutputError, Problem, WeightsError
from paddleseg.files import cannot_write
from paddleseg.lock import held

_LEFT_OVER = re.compile(rf"\.(?P<name>iter_\d+|{BEST})\.\d+\.(?P<kind>new|old)")


@dataclass(frozen=True)
class Claim:
    """A folder that this run may write into.

    Args:
        resume: What the user asked for.
        saved: The checkpoint that the run goes on from; only rank 0 knows it.
        strangers: What lies there and is not the run's past.
    """

    save_dir: Path
    resume: str | None = None
    saved: Saved | None = None
    strangers: Sequence[Entry] = ()

    @property
    def at_home(self) -> bool:
        """Whether the run goes on in its own folder."""
        return self.saved is not None and self.saved.folder.parent.resolve() == self.save_dir.resolve()

    def make_room(self) -> None:
        """Move the strangers aside, into a folder of their own, and say so.

        Raises:
            OutputError: They cannot be moved.
        """
        if not self.strangers:
            return
        moved = [entry.folder for entry in self.strangers]
        if not self.at_home:
            moved += sorted(self.save_dir.glob("vdlrecords*"))
        target = _free(self.save_dir)
        try:
            target.mkdir()
            for path in moved:
                path.replace(target / path.name)
        except OSError as error:
            raise cannot_write(target, error) from error
        reason = "not of this run's past" if self.at_home else "of an older run"
        print(f"Moved to {target}: {names_of(self.strangers)}, {reason}.")


def new_run() -> str:
    """A name for a run; in the order of time, and no two the same."""
    return f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(3)}"


@contextmanager
def claim(save_dir: str | Path, resume: str | None = None, *, overwrite: bool = False) -> Iterator[Claim]:
    """Hold `save_dir` for a run while it lasts, and choose and read the checkpoint that the run goes on from.

    What lies there and is not this run's past is never written over. A new run refuses a used folder. One that goes
    on in its own folder moves aside what is not its past: broken checkpoints, and later ones when it goes back.

    Args:
        resume: A checkpoint folder, or "auto" for the newest one in `save_dir` that is whole (none there: start).
        overwrite: Move the checkpoints of another run to `save_dir/old_N` instead of refusing.

    Raises:
        OutputError: The folder is used, or another process trains into it.
        WeightsError: The checkpoint to go on from is damaged; with "auto", every one is.
    """
    folder = Path(save_dir)
    if overwrite and resume == "auto":
        raise ConfigError("--overwrite", "starts anew, --resume auto goes on", "give one of them")
    if not dist.is_main():
        yield Claim(folder, resume)
        return
    with held(folder):
        clear_left_overs(folder)
        saved = _newest_whole(folder) if resume == "auto" else None if resume is None else _named(resume)
        claimed = Claim(folder, resume, saved, _strangers(folder, saved, resume))
        if claimed.strangers and not (claimed.at_home or overwrite):
            what = f"holds a run already ({names_of(claimed.strangers)})"
            ways = (
                f"--resume auto goes on with it; another --save_dir keeps both; --overwrite moves it to {_free(folder)}"
            )
            raise OutputError(str(folder), what, ways)
        yield claimed


@contextmanager
def claim_for(save_dir: Path, run: str, step: int) -> Iterator[None]:
    """Hold `save_dir` for a run at a step; as `claim`, for who has resumed already.

    Raises:
        OutputError: The folder is used by another run or process.
    """
    with held(save_dir):
        clear_left_overs(save_dir)
        if found := [entry for entry in entries(save_dir) if not _is_past(entry, run, step)]:
            hint = "choose another save_dir, or move them away"
            raise OutputError(str(save_dir), f"holds another run ({names_of(found)})", hint)
        yield


def clear_left_overs(folder: Path) -> None:
    """Remove what a process that was killed while it saved has left; the folder is held, so none saves now."""
    for path in folder.iterdir():
        if match := _LEFT_OVER.fullmatch(path.name):
            if match["kind"] == "old" and not (folder / match["name"]).exists():
                path.replace(folder / match["name"])
            shutil.rmtree(path, ignore_errors=True)


def _named(resume: str) -> Saved:
    folder = Path(resume)
    try:
        found = folder.is_dir()
    except (OSError, ValueError):  # too long, or not the name of any file
        found = False
    if not found:
        raise WeightsError(resume, "no such checkpoint folder", "--resume auto takes the newest one in --save_dir")
    return read_saved(folder)


def _newest_whole(folder: Path) -> Saved | None:
    """The newest checkpoint that can be read; each that cannot is named."""
    problems = []
    for entry in candidates(folder):
        try:
            saved = read_saved(entry.folder)
        except WeightsError as error:
            problems += error.problems
            continue
        for problem in problems:
            print(f"Passed over {problem.where}: {problem.what}")
        return saved
    if problems:
        hint = "give another --save_dir, or --overwrite to start anew and keep what is there in a folder of its own"
        raise WeightsError([*problems, Problem(str(folder), "holds no checkpoint to go on from", hint)])
    return None


def _strangers(folder: Path, saved: Saved | None, resume: str | None) -> list[Entry]:
    found = entries(folder)
    if saved is None:
        return found
    run, step = saved.state["run"], saved.state["step"]
    if resume == "auto":
        # An interruption may have come between best weights and their checkpoint: they are the run's all the same.
        found = [entry for entry in found if not (entry.folder.name == BEST and entry.run == run)]
    return [entry for entry in found if not _is_past(entry, run, step)]


def _is_past(entry: Entry, run: str, step: int) -> bool:
    return entry.run == run and entry.step <= step


def _free(folder: Path) -> Path:
    number = 1
    while (folder / f"old_{number}").exists():
        number += 1
    return folder / f"old_{number}"
