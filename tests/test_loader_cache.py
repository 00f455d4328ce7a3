"""Batches of several shapes, and samples kept for the next epoch: neither may change what a run sees."""

from __future__ import annotations

import gc
import os
import shutil
import subprocess
import sys
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import paddleseg.transforms as T
from paddleseg.config import load_config
from paddleseg.datasets import Dataset
from paddleseg.datasets.cache import SampleStore, packed, unpacked
from paddleseg.datasets.loader import Batch, TrainLoader
from paddleseg.datasets.staged import Staged
from paddleseg.errors import ConfigError, OutputError
from paddleseg.images.io import image_size, list_images, read_image
from paddleseg.transforms.base import Transform

pytestmark = pytest.mark.timeout(120)

BUCKETS = [[64, 36], [48, 36], [36, 48], [36, 64]]


def dataset_of(folder: Path, *transforms) -> Dataset:
    chain = transforms or (
        T.Resize([60, 60]),
        T.ResizeStepScaling(0.8, 1.2, 0),
        T.RandomRotation(10),
        T.RandomPaddingCrop([48, 48]),
        T.RandomHorizontalFlip(),
        T.RandomDistort(),
        T.Normalize(),
    )
    return Dataset("train", folder, chain, train_path="train.txt")


@pytest.fixture
def copied(mini: Path, tmp_path: Path) -> Path:
    """Sixteen pairs that a test may break."""
    folder = tmp_path / "copied"
    lines = (mini / "train.txt").read_text().splitlines()[:16]
    for name in " ".join(lines).split():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(mini / name, folder / name)
    (folder / "train.txt").write_text("\n".join(lines))
    return folder


def taken(loader: TrainLoader, count: int, start: int = 0) -> list[Batch]:
    batches = list(islice(loader.batches(start), count))
    loader.close()
    return batches


def assert_same(left: list[Batch], right: list[Batch]) -> None:
    assert len(left) == len(right)
    for one, other in zip(left, right, strict=True):
        assert one["index"] == other["index"] and one["epoch"] == other["epoch"]
        for name in one.keys() - {"index", "epoch"}:
            np.testing.assert_array_equal(one[name], other[name])


def test_each_batch_has_the_shape_that_fits_its_images(mini: Path):
    dataset = dataset_of(mini)
    loader = TrainLoader(dataset, 5, aspect_buckets=BUCKETS)
    batches = taken(loader, loader.steps_per_epoch)
    shapes = {batch["image"].shape[2:] for batch in batches}
    assert len(shapes) >= 3 and shapes <= {(h, w) for w, h in BUCKETS}
    indices = [index for batch in batches for index in batch["index"]]
    assert len(set(indices)) == len(indices) > 60 and {batch["epoch"] for batch in batches} == {0}
    for batch in batches:
        assert batch["label"].shape[1:] == batch["image"].shape[2:]
        for index in batch["index"]:
            h, w = image_size(dataset.entries[index][0])
            if 0.7 < w / h < 0.8:
                assert batch["image"].shape[2:] == (48, 36)
            if 1.3 < w / h < 1.36:
                assert batch["image"].shape[2:] == (36, 48)
    orders = [[tuple(b["image"].shape) for b in taken(loader, 14, start)] for start in (0, loader.steps_per_epoch)]
    assert orders[0] != orders[1]  # shapes are mixed anew in every epoch


@pytest.mark.parametrize(("given", "said"), [({}, True), ({"turns": [2]}, False), ({"prob": 0}, False)])
def test_quarter_turns_after_the_choice_of_a_shape_are_remarked(mini: Path, capsys, given: dict, said: bool):
    chain = (T.RandomRotate90(**{"prob": 1, **given}), T.Resize([48, 48]), T.RandomPaddingCrop([48, 48]), T.Normalize())
    loader = TrainLoader(dataset_of(mini, *chain), 5, aspect_buckets=BUCKETS)
    assert ("list turned copies, and write `turns: [2]`" in capsys.readouterr().err) == said
    assert {batch["image"].shape[2:] for batch in taken(loader, 3)} <= {(h, w) for w, h in BUCKETS}


def test_shapes_do_not_depend_on_workers_ranks_or_where_a_run_resumes(mini: Path):
    dataset = dataset_of(mini)
    alone = taken(TrainLoader(dataset, 6, seed=2, aspect_buckets=BUCKETS), 14)
    assert_same(taken(TrainLoader(dataset, 6, seed=2, num_workers=2, aspect_buckets=BUCKETS), 14), alone)
    assert_same(taken(TrainLoader(dataset, 6, seed=2, aspect_buckets=BUCKETS), 5, start=9), alone[9:])
    ranks = [
        taken(TrainLoader(dataset, 3, seed=2, rank=rank, world_size=2, aspect_buckets=BUCKETS), 14) for rank in (0, 1)
    ]
    for whole, first, second in zip(alone, *ranks, strict=True):
        np.testing.assert_array_equal(whole["image"], np.concatenate([first["image"], second["image"]]))


@pytest.mark.parametrize("workers", [0, 2])
def test_shapes_resume_from_any_step(mini: Path, workers: int):
    """Also from where the next epoch holds a shape that this one's rest does not."""
    chain = (T.Resize([24, 24]), T.RandomPaddingCrop([16, 16]), T.RandomHorizontalFlip(), T.Normalize())
    dataset = dataset_of(mini, *chain)
    dataset.entries = dataset.entries[:18]
    buckets = [[16, 12], [12, 16], [24, 12], [12, 12]]
    whole = taken(TrainLoader(dataset, 2, seed=2, aspect_buckets=buckets, cache="ram"), 58)
    loader = TrainLoader(dataset, 2, seed=2, num_workers=workers, aspect_buckets=buckets, cache="ram")
    assert len({batch["image"].shape for batch in whole}) == 3 and loader.steps_per_epoch == 9
    for step in range(6, 41, 17) if workers else range(1, 41):  # processes take a second to start
        assert_same(taken(loader, 18, start=step), whole[step : step + 18])


def test_the_transforms_of_a_shape_keep_their_proportions():
    chain = T.Compose([T.Resize([512, 512]), T.RandomRotation(), T.RandomPaddingCrop([256, 256]), T.Normalize()])
    wide = chain.at_size((144, 256))
    assert [wide.transforms[0].size, wide.transforms[2].size] == [(288, 512), (144, 256)]
    assert [chain.transforms[0].size, chain.transforms[2].size] == [(512, 512), (256, 256)]
    with pytest.raises(ConfigError, match="have no size"):
        T.Compose([T.Normalize()]).at_size((9, 9))


def test_few_images_of_a_shape_join_the_next_one(mini: Path, capsys):
    staged = Staged(dataset_of(mini), [(10, 100), (48, 48), (60, 20)], least=8)
    assert staged.sizes == [(48, 48)] and len(staged.groups[0]) == 79
    assert "fewer than a batch" not in capsys.readouterr().err  # shapes of no image need no word
    staged = Staged(dataset_of(mini), [(36, 64), (48, 36)], least=40)
    assert len(staged.groups) == 1
    assert "fewer than a batch" in capsys.readouterr().err


def test_a_broken_image_is_replaced_by_one_of_its_shape(copied: Path):
    """The size is read from the head, which a cut-off file still has."""
    for file in sorted((copied / "images").iterdir())[:3]:
        file.write_bytes(file.read_bytes()[:-900])
    (copied / "images" / "000000274219.jpg").write_bytes(b"")
    loader = TrainLoader(dataset_of(copied), 3, aspect_buckets=[[48, 36], [36, 48]], on_error="skip")
    batches = taken(loader, 2 * loader.steps_per_epoch)
    assert len(loader.skipped) >= 3 and len({batch["image"].shape for batch in batches}) == 2


def test_sizes_come_from_the_head_of_the_file(mini: Path, tmp_path: Path):
    for path, _ in list_images(mini / "images")[:20]:
        assert image_size(path) == read_image(path).shape[:2]
    turned = tmp_path / "turned.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(np.zeros((20, 30, 3), np.uint8)).save(turned, exif=exif)
    assert image_size(turned) == read_image(turned).shape[:2] == (30, 20)


@pytest.mark.parametrize("cache", ["ram", "disk"])
def test_kept_samples_are_the_same_samples(mini: Path, tmp_path: Path, cache: str):
    """First and second epoch, with and without workers, in memory and on disk, resumed: one and the same run."""
    where = {"cache": cache, "cache_dir": tmp_path / "cache"}
    first = taken(TrainLoader(dataset_of(mini), 8, seed=1, **where), 20)
    again = TrainLoader(dataset_of(mini), 8, seed=1, num_workers=2, **where)
    assert_same(taken(again, 20), first)
    assert_same(taken(TrainLoader(dataset_of(mini), 8, seed=1, **where), 4, start=16), first[16:])
    uncached = taken(TrainLoader(dataset_of(mini), 8, seed=1), 2)
    assert [batch["index"] for batch in uncached] == [batch["index"] for batch in first[:2]]
    # Resizing is not joined with turning then; else nothing changes.
    assert 0 < np.abs(uncached[0]["image"] - first[0]["image"]).mean() < 0.1


def reads_of(dataset: Dataset) -> list[int]:
    reads: list[int] = []
    read = dataset.read
    dataset.read = lambda index, rng=None: reads.append(index) or read(index, rng)  # type: ignore[method-assign]
    return reads


def test_every_file_is_read_for_the_first_epoch_and_by_the_next_run_not_at_all(mini: Path, tmp_path: Path):
    for number in range(2):
        dataset = dataset_of(mini)
        reads = reads_of(dataset)
        taken(TrainLoader(dataset, 8, seed=number, cache="disk", cache_dir=tmp_path), 30)
        assert len(set(reads)) == (79 if number == 0 else 0)
        # The last batch of an epoch and the first of the next are made at the same time, and may want the same file.
        assert len(reads) - len(set(reads)) < 8


def test_changed_files_and_other_transforms_are_read_anew(copied: Path, tmp_path: Path):
    def epoch(*transforms) -> tuple[set[int], list[Batch]]:
        dataset = dataset_of(copied, *transforms)
        reads = reads_of(dataset)
        loader = TrainLoader(dataset, 4, cache="disk", cache_dir=tmp_path)
        batches = taken(loader, loader.steps_per_epoch)
        return set(reads), batches  # batches of the next epoch are in the making, and may read a file again

    assert len(epoch()[0]) == 16 and not epoch()[0]
    image, label = dataset_of(copied).entries[5]
    shutil.copyfile(copied / "images" / "000000274219.jpg", image)
    shutil.copyfile(copied / "masks" / "000000274219.png", label)
    assert epoch()[0] == {5}
    assert len(epoch(T.Resize([40, 40]), T.Normalize())[0]) == 16
    assert len(epoch(T.Resize([40, 40], interp="AREA"), T.Normalize())[0]) == 16
    assert not epoch(T.Resize([40, 40]), T.RandomHorizontalFlip(), T.Normalize())[0]  # only what is in front counts
    image.unlink()
    with pytest.raises(Exception, match="cannot be read"):
        epoch(T.Resize([44, 44]), T.Normalize())


class UpsideDown(Transform):
    """A user's own, which does not say that it draws nothing."""


def test_transforms_that_draw_are_never_kept(mini: Path, tmp_path: Path):
    chain = (T.RandomHorizontalFlip(0.5), T.Resize([32, 32]), T.Normalize())
    loader = TrainLoader(dataset_of(mini, *chain), 79, cache="ram")
    first, second = (taken(loader, 1, start)[0] for start in (0, 1))
    order = [np.argsort(batch["index"]) for batch in (first, second)]
    same = (first["image"][order[0]] == second["image"][order[1]]).all(axis=(1, 2, 3))
    assert 0.2 < same.mean() < 0.8
    resize, flip = T.Resize([8, 8]), T.RandomHorizontalFlip()
    for front in ([T.AddEdgeLabel(), T.ResizeToArea(), T.ResizeByShort(9)], [T.Compose([resize, T.LimitLong(9)])]):
        assert T.Compose([*front, flip, resize]).split() == (front, [flip, resize])
    for last in (T.Normalize(), T.Resize(interp="RANDOM"), T.ResizeByShort([9, 8]), UpsideDown(), T.Compose([flip])):
        assert T.Compose([resize, last, resize]).split() == ([resize], [last, resize])


def test_a_full_cache_says_so_and_keeps_its_limit(mini: Path, tmp_path: Path, capsys):
    dataset = dataset_of(mini)
    loader = TrainLoader(dataset, 8, cache="disk", cache_dir=tmp_path, cache_gb=0.0002)
    full = taken(loader, 9)
    assert "cache is full" in capsys.readouterr().err
    file = next(tmp_path.glob("*.samples"))
    assert 100_000 < file.stat().st_size < 210_000
    assert_same(full, taken(TrainLoader(dataset, 8, cache="ram"), 9))
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be used as a cache"):
        TrainLoader(dataset, 8, cache="disk", cache_dir=tmp_path / "file")


def test_a_damaged_entry_is_not_believed(mini: Path, tmp_path: Path):
    sample = dataset_of(mini).read(0)
    sample.extra["edge"] = sample.label * 2
    sample.geometry.resize((480, 640))
    store = SampleStore(tmp_path / "one", 3, 10**7)
    store.put(1, b"k" * 16, *packed(sample))
    again = unpacked(store.get(1, lambda: b"k" * 16), ("a.jpg", "a.png"), sample.rng)
    np.testing.assert_array_equal(again.image, sample.image)
    np.testing.assert_array_equal(again.extra["edge"], sample.label * 2)
    assert again.geometry == sample.geometry and again.image.flags.writeable
    other = SampleStore(tmp_path / "one", 3, 10**7)
    assert other.get(0, lambda: b"k" * 16) is None and other.get(1, lambda: b"x" * 16) is None
    assert other.get(1, lambda: b"k" * 16) == store.get(1, lambda: b"k" * 16)
    with (tmp_path / "one").open("r+b") as file:
        file.seek(-1000, os.SEEK_END)
        file.write(b"\x55" * 50)
    assert SampleStore(tmp_path / "one", 3, 10**7).get(1, lambda: b"k" * 16) is None


WRITER = """
import sys
sys.path.insert(0, sys.argv[3])
from paddleseg.datasets.cache import SampleStore
store = SampleStore(sys.argv[1], 400, 10**8)
who = int(sys.argv[2])
for index in range(400):
    if index % 2 == who or index % 5 == 0:  # some by both
        store.put(index, b"%016d" % index, bytes([index % 251]) * (1000 + index))
"""


def test_processes_write_at_once_without_spoiling_each_others_samples(tmp_path: Path, root: Path):
    file = tmp_path / "shared"
    command = [sys.executable, "-c", WRITER, str(file)]
    writers = [subprocess.Popen([*command, str(who), str(root)]) for who in (0, 1)]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    store = SampleStore(file, 400, 10**8)
    for index in range(400):
        assert store.get(index, lambda index=index: b"%016d" % index) == bytes([index % 251]) * (1000 + index)


def test_memory_is_given_back_and_composed_people_come_from_the_cache(mini: Path):
    def open_files() -> int:
        gc.collect()
        return len(list(Path("/proc/self/fd").iterdir()))

    before = open_files()
    compose = T.ComposePortrait(mini / "images", prob=1, more_people_prob=1)
    dataset = dataset_of(mini, T.Resize([64, 64]), compose, T.Normalize())
    reads = reads_of(dataset)
    loader = TrainLoader(dataset, 8, cache="ram")
    taken(loader, 20)
    assert len(reads) <= 79 + 8  # two threads may come to the same sample at once
    assert compose.source is dataset
    del loader, dataset, compose, reads
    assert open_files() == before


def test_the_settings_reach_the_loader(root: Path):
    base = root / "configs/pp_humanseg/pp_humanseg_lite_mini_portrait.yml"
    config = load_config(base, ["train.cache=disk", "train.aspect_buckets=[[64,36],[36,64]]", "train.cache_gb=2"])
    assert (config.train.cache, config.train.cache_gb) == ("disk", 2)
    assert config.train.aspect_buckets == [[64, 36], [36, 64]]
    with pytest.raises(ConfigError, match="cache"):
        load_config(base, ["train.cache=tape"])
