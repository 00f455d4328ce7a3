"""Batches depend on seed and step only; whatever goes wrong is said at once, with and without workers."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

import paddleseg.transforms as T
from paddleseg.datasets import Dataset
from paddleseg.datasets.loader import Batch, EvalLoader, TrainLoader
from paddleseg.datasets.workers import Workers
from paddleseg.errors import ConfigError, DataError
from paddleseg.transforms.sample import Sample

# Nothing here may ever wait for what does not come.
pytestmark = pytest.mark.timeout(120)


def augmentation() -> list[T.Transform]:
    return [
        T.Resize([48, 40]),
        T.ResizeStepScaling(0.8, 1.2, 0),
        T.RandomRotation(20),
        T.RandomPaddingCrop([48, 40]),
        T.RandomHorizontalFlip(),
        T.RandomDistort(),
        T.Normalize(),
    ]


def portraits(mini: Path, mode: str = "train", **arguments) -> Dataset:
    return Dataset(mode, mini, augmentation(), train_path="train.txt", val_path="val.txt", **arguments)


@pytest.fixture
def copied(mini: Path, tmp_path: Path) -> Path:
    """Ten pairs that a test may break."""
    lines = (mini / "train.txt").read_text().splitlines()[:10]
    for name in " ".join(lines).split():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copyfile(mini / name, tmp_path / name)
    (tmp_path / "train.txt").write_text("\n".join(lines))
    return tmp_path


def taken(loader: TrainLoader, count: int, start: int = 0) -> list[Batch]:
    batches = list(islice(loader.batches(start), count))
    loader.close()
    return batches


def assert_same(left: list[Batch], right: list[Batch]) -> None:
    assert len(left) == len(right)
    for one, other in zip(left, right, strict=True):
        assert one.keys() == other.keys() and one["index"] == other["index"] and one["epoch"] == other["epoch"]
        for name in one.keys() - {"index", "epoch"}:
            np.testing.assert_array_equal(one[name], other[name])


def test_batches_are_the_same_with_workers_and_from_any_step(mini: Path):
    dataset = portraits(mini, edge=True)
    alone = taken(TrainLoader(dataset, 16, seed=3), 9)
    assert alone[0]["image"].shape == (16, 3, 40, 48) and alone[0]["image"].dtype == np.float32
    assert alone[0]["label"].shape == (16, 40, 48) and alone[0]["label"].dtype == np.int64
    assert alone[0]["edge"].shape == (16, 40, 48)
    assert [batch["epoch"] for batch in alone] == [0] * 4 + [1] * 4 + [2]
    with_workers = TrainLoader(dataset, 16, seed=3, num_workers=2)
    assert_same(taken(with_workers, 9), alone)
    assert_same(taken(with_workers, 4, start=5), alone[5:])
    assert_same(taken(TrainLoader(dataset, 16, seed=3), 4, start=5), alone[5:])
    assert taken(TrainLoader(dataset, 16, seed=4), 1)[0]["index"] != alone[0]["index"]


@pytest.mark.parametrize(
    "last", [(), (T.RandomHorizontalFlip(),), (T.Normalize(0.4, 0.2),)], ids=["none", "flip", "twice"]
)
@pytest.mark.parametrize("normalized", [False, True])
def test_workers_send_bytes_only_where_normalize_alone_is_left_to_do(mini: Path, normalized: bool, last: tuple):
    dataset = portraits(mini)
    dataset.transforms = T.Compose([*augmentation()[: None if normalized else -1], *last])
    alone, loader = taken(TrainLoader(dataset, 16), 3), TrainLoader(dataset, 16, num_workers=2)
    assert_same(taken(loader, 3), alone)
    ends_there = isinstance(dataset.transforms.transforms[-1], T.Normalize) and not (normalized and last)
    assert (loader.source.unnormalized()[1] is not None) == ends_there


class UpsideDown:
    """A transform of the user's own, after `Normalize`; what it leaves is a view of what was there."""

    def __init__(self) -> None:
        self.threads: set[threading.Thread] = set()

    def __call__(self, sample: Sample) -> Sample:
        self.threads.add(threading.current_thread())
        sample.image = sample.image[::-1]
        return sample


def test_a_users_transform_runs_in_this_thread_and_may_leave_a_view(mini: Path):
    turned = portraits(mini)
    turned.transforms = T.Compose([*augmentation(), upside_down := UpsideDown()])
    found, plain = taken(TrainLoader(turned, 4), 2), taken(TrainLoader(portraits(mini), 4), 2)
    assert upside_down.threads == {threading.main_thread()}
    for one, other in zip(found, plain, strict=True):
        np.testing.assert_array_equal(one["image"], other["image"][:, :, ::-1])


@pytest.mark.parametrize("own", [False, True])
def test_threads_work_ahead_and_end_with_the_batches(mini: Path, own: bool):
    dataset, readers = portraits(mini), set()
    dataset.transforms = T.Compose([*augmentation(), *([UpsideDown()] if own else [])])
    read = dataset.read

    def watched(index: int, rng: np.random.Generator):
        readers.add(threading.current_thread())
        return read(index, rng)

    dataset.read = watched  # type: ignore[method-assign]
    loader = TrainLoader(dataset, 4)
    next(loader.batches())
    assert readers - {threading.main_thread()}
    loader.close()
    assert not any(reader.is_alive() for reader in readers - {threading.main_thread()})


def test_an_epoch_shows_every_image_once_in_a_new_order(mini: Path):
    loader = TrainLoader(portraits(mini), 8, seed=1)
    assert loader.steps_per_epoch == 9
    orders = [[index for step in range(9) for index in loader.indices(epoch * 9 + step)[1]] for epoch in range(2)]
    assert all(len(set(order)) == 72 for order in orders) and orders[0] != orders[1]


def test_ranks_share_the_global_batch(mini: Path):
    whole = taken(TrainLoader(portraits(mini), 8), 2)
    ranks = [taken(TrainLoader(portraits(mini), 4, rank=rank, world_size=2), 2) for rank in range(2)]
    for step, batch in enumerate(whole):
        np.testing.assert_array_equal(batch["image"], np.concatenate([rank[step]["image"] for rank in ranks]))
        assert batch["index"] == ranks[0][step]["index"] + ranks[1][step]["index"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"batch_size": 0}, "batch_size: should be a whole number from 1 to 65536, not 0"),
        ({"batch_size": 2.5}, "batch_size"),
        ({"num_workers": -1}, "num_workers: should be a whole number from 0 to 256, not -1"),
        ({"num_workers": 10**9}, "num_workers"),
        ({"cache": "ram", "cache_gb": float("inf")}, "cache_gb: should be a number above 0, not inf"),
        ({"cache": "ram", "cache_gb": float("nan")}, "cache_gb"),
        ({"cache": "ram", "cache_gb": 0}, "cache_gb"),
        ({"aspect_buckets": [[64, 0]]}, "aspect_buckets: .*two whole numbers"),
        ({"aspect_buckets": [[10**9, 64]]}, "aspect_buckets: .*sides up to 32767"),
        ({"aspect_buckets": [64, 64]}, "aspect_buckets"),
    ],
)
def test_numbers_out_of_range_are_refused_at_once(mini: Path, arguments: dict, message: str):
    with pytest.raises(ConfigError, match=message):
        TrainLoader(portraits(mini), **{"batch_size": 2, **arguments})
    if "num_workers" in arguments:
        with pytest.raises(ConfigError, match="num_workers"):
            EvalLoader(portraits(mini), **arguments)


def test_a_data_set_smaller_than_a_batch_is_refused(mini: Path):
    with pytest.raises(DataError, match=r"has 79 images, fewer than one batch of 80\n  hint: lower batch_size"):
        TrainLoader(portraits(mini), 40, world_size=2)


@pytest.mark.parametrize("workers", [0, 2])
def test_a_broken_image_ends_the_run_by_name(copied: Path, workers: int):
    broken = copied / "images" / "000000274219.jpg"
    broken.write_bytes(broken.read_bytes()[:-900])
    with pytest.raises(DataError) as found:
        taken(TrainLoader(portraits(copied), 2, num_workers=workers), 5)
    assert found.value.problems[0].where == str(broken) and "truncated" in found.value.problems[0].what
    assert not multiprocessing.active_children()


def test_broken_images_are_skipped_on_request(copied: Path, capsys):
    broken = copied / "images" / "000000274219.jpg"
    broken.write_bytes(b"")
    loaders = [TrainLoader(portraits(copied), 5, num_workers=workers, on_error="skip") for workers in (0, 2)]
    alone, together = (taken(loader, 4) for loader in loaders)
    assert_same(alone, together)
    assert all(3 not in batch["index"] and len(batch["index"]) == 5 for batch in alone)
    assert sum(batch["index"].count(4) for batch in alone) == 4  # in its own right and in place of 3, twice each
    assert list(loaders[0].skipped) == list(loaders[1].skipped) == [str(broken)]
    assert capsys.readouterr().err.count(f"Skipped {broken}: is empty") == 2  # once each
    for photo in (copied / "images").iterdir():
        photo.unlink()
    with pytest.raises(DataError, match="holds no image that can be used"):
        taken(TrainLoader(portraits(copied), 5, on_error="skip"), 1)


@pytest.mark.parametrize("workers", [0, 2])
def test_samples_of_different_sizes_name_the_cure(mini: Path, workers: int):
    dataset = Dataset("train", mini, [T.ResizeByLong(64)], train_path="train.txt")
    with pytest.raises(DataError, match="the transforms leave images of different sizes") as found:
        taken(TrainLoader(dataset, 8, num_workers=workers), 1)
    assert "RandomPaddingCrop" in found.value.problems[0].hint


def test_a_killed_worker_is_reported(mini: Path):
    loader = TrainLoader(portraits(mini), 4, num_workers=2)
    batches = loader.batches()
    next(batches)
    os.kill(multiprocessing.active_children()[0].pid or 0, signal.SIGKILL)
    told = r"worker \d of 2 \(process \d+\) was killed by signal 9 \(SIGKILL\)\n  hint: .*memory runs out"
    with pytest.raises(DataError, match=told):
        list(islice(batches, 12))
    assert not multiprocessing.active_children()


def test_a_stopped_worker_is_reported(mini: Path, monkeypatch):
    monkeypatch.setattr("paddleseg.datasets.workers._PATIENCE", 0.5)
    loader = TrainLoader(portraits(mini), 4, num_workers=2)
    batches = loader.batches()
    next(batches)
    stopped = multiprocessing.active_children()[0].pid or 0
    os.kill(stopped, signal.SIGSTOP)
    with pytest.raises(DataError, match=rf"worker \d of 2 \(process {stopped}\) was stopped"):
        list(islice(batches, 12))
    assert not multiprocessing.active_children()


def test_a_worker_that_pauses_is_waited_for(mini: Path):
    dataset = portraits(mini)
    alone = taken(TrainLoader(dataset, 4), 8)
    loader = TrainLoader(dataset, 4, num_workers=1)
    batches = loader.batches()
    found = [next(batches)]
    worker = multiprocessing.active_children()[0].pid or 0
    os.kill(worker, signal.SIGSTOP)
    threading.Timer(2.5, os.kill, (worker, signal.SIGCONT)).start()
    assert_same([*found, *islice(batches, 7)], alone)
    loader.close()


def test_not_even_a_stopped_worker_holds_up_the_end(mini: Path):
    loader = TrainLoader(portraits(mini), 4, num_workers=2)
    next(loader.batches())
    os.kill(multiprocessing.active_children()[0].pid or 0, signal.SIGSTOP)
    loader.close()
    assert not multiprocessing.active_children()


class Awkward:
    """A transform that fails as no data error does, or cannot be sent to a worker."""

    def __init__(self, held: object = None):
        self.held = held

    def __call__(self, sample):
        raise ZeroDivisionError("in the transform")


def waits_for(_dataset, _memory, file: Path | None) -> int:
    while file and not file.exists():
        time.sleep(0.01)
    return os.getpid()


def test_jobs_go_to_the_worker_with_the_fewest(tmp_path: Path):
    with Workers(None, 2, ahead=3) as workers:
        for _ in range(2):
            workers.submit(waits_for, None)
        first, second = (workers.result() for _ in range(2))
        workers.submit(waits_for, tmp_path / "go")
        for _ in range(4):
            workers.submit(waits_for, None)
            time.sleep(0.2)
        (tmp_path / "go").touch()
        slow, *others = (workers.result() for _ in range(5))
    assert {first, second} == {slow, *others} and slow not in others


def test_a_programming_error_keeps_its_type_and_place(mini: Path):
    dataset = portraits(mini)
    loader = TrainLoader(dataset, 4, num_workers=2)
    next(batches := loader.batches())
    with pytest.raises(DataError, match="cannot be sent to worker processes"):
        broken = portraits(mini)
        broken.transforms.transforms.append(Awkward(lambda: None))
        next(iter(EvalLoader(broken, num_workers=2)))
    dataset.transforms.transforms.append(Awkward())
    with pytest.raises(ZeroDivisionError) as found:
        next(iter(EvalLoader(dataset, num_workers=2)))
    assert "in __call__" in str(found.value.__cause__)
    next(batches)  # the other loader goes on
    loader.close()


@pytest.mark.parametrize("workers", [0, 2])
def test_evaluation_sees_every_image_once_in_order(mini: Path, workers: int):
    dataset = portraits(mini, "val")
    seen: list[int] = []
    for rank in range(2):
        loader = EvalLoader(dataset, 4, num_workers=workers, rank=rank, world_size=2)
        paths = [sample.path for samples in loader for sample in samples]
        assert len(loader) == 4 and paths == [str(dataset.entries[index][0]) for index in loader.indices]
        seen += loader.indices
    assert sorted(seen) == list(range(27))


PLUGIN = """
import multiprocessing, sys
from paddleseg.registry import TRANSFORMS
from paddleseg.transforms.base import Transform

@TRANSFORMS.register
class Watch(Transform):
    def __call__(self, sample):
        unneeded = {"paddle", "argparse_of_the_script"} & set(sys.modules)
        if unneeded and multiprocessing.parent_process():
            raise RuntimeError("a worker has loaded what it does not need")
        return sample
"""

# As people write one: no `if __name__ == "__main__":`.
SCRIPT = """
import sys, types
sys.modules["argparse_of_the_script"] = types.ModuleType("argparse_of_the_script")
from paddleseg.plugins import import_plugin
import_plugin({plugin!r})
import paddleseg.transforms as T
from paddleseg.datasets import Dataset
from paddleseg.datasets.loader import TrainLoader
transforms = [T.Resize([48, 48]), T.Watch(), T.Normalize()]
loader = TrainLoader(Dataset("train", {mini!r}, transforms, train_path="train.txt"), 4, num_workers=2)
for number, batch in enumerate(loader.batches()):
    print(number, flush=True)
    if number == {last}:
        break
"""


@pytest.fixture
def script(mini: Path, tmp_path: Path) -> Iterator[list[str]]:
    plugin = tmp_path / "plugin.py"
    plugin.write_text(PLUGIN)
    (tmp_path / "ends.py").write_text(SCRIPT.format(plugin=str(plugin), mini=str(mini), last=5))
    (tmp_path / "endless.py").write_text(SCRIPT.format(plugin=str(plugin), mini=str(mini), last=-1))
    yield [sys.executable, "-W", "always::ResourceWarning"]


def test_a_plain_script_needs_no_main_guard_and_leaves_nothing_behind(script: list[str], tmp_path: Path, root: Path):
    before = set(Path("/dev/shm").glob("*"))
    done = subprocess.run(
        [*script, str(tmp_path / "ends.py")], cwd=root, capture_output=True, text=True, timeout=100, check=False
    )
    assert (done.returncode, done.stderr, done.stdout.split()) == (0, "", list("012345"))
    assert set(Path("/dev/shm").glob("*")) <= before


@pytest.mark.parametrize("whom", ["the script", "its group"])
def test_ctrl_c_ends_the_workers_too(script: list[str], tmp_path: Path, root: Path, whom: str):
    with subprocess.Popen(
        [*script, str(tmp_path / "endless.py")],
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A shell that runs the tests in the background has them ignore Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - this process has one thread
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        while process.stdout.readline() != "7\n":
            assert process.poll() is None
        if whom == "the script":
            process.send_signal(signal.SIGINT)
        else:  # as a terminal does
            os.killpg(process.pid, signal.SIGINT)
        # The pipes end only when the last worker is gone.
        _, errors = process.communicate(timeout=60)
    assert process.returncode in (-signal.SIGINT, 130)
    assert errors.count("Traceback") == 1 and errors.rstrip().endswith("KeyboardInterrupt")
