"""People before other backgrounds: what is pasted, where, and the pictures made ahead on disk."""

from __future__ import annotations

import json
import pickle
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

import paddleseg.transforms as T
from paddleseg.cli.compose import parse_size
from paddleseg.cli.main import main
from paddleseg.datasets import Dataset
from paddleseg.datasets.compose import compose, names
from paddleseg.datasets.loader import TrainLoader
from paddleseg.errors import ConfigError, DataError, OutputError
from paddleseg.geometry import Geometry
from paddleseg.images.io import list_images, read_image, read_label, write_png
from paddleseg.transforms.cutout import cut_out, find_place, paste, soften, without_cut_sides
from paddleseg.transforms.fields import CLASSES, Field
from paddleseg.transforms.sample import Sample

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def rooms(mini: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the bundled photos show beside their people."""
    folder = tmp_path_factory.mktemp("rooms")
    for file in sorted((mini / "masks").iterdir()):
        free = ~(read_label(file) > 0).any(axis=0)
        starts = np.flatnonzero(np.diff(np.r_[0, free.astype(int), 0]))
        start, end = max(zip(starts[::2], starts[1::2], strict=True), key=lambda run: run[1] - run[0], default=(0, 0))
        if end - start > 120:
            photo = read_image(mini / "images" / f"{file.stem}.jpg")
            write_png(folder / f"{file.stem}.png", np.ascontiguousarray(photo[:, start:end]))
    assert len(list(folder.iterdir())) > 8
    return folder


def portraits(mini: Path, rooms: Path, *more, **arguments) -> Dataset:
    transforms = [T.ComposePortrait(rooms, **{"prob": 1, "target_size": [160, 120], **arguments}), *more]
    return Dataset("train", mini, transforms, train_path="train.txt")


def drawn(dataset: Dataset, index: int, seed: int = 0) -> Sample:
    return dataset.sample(index, np.random.default_rng([seed, index]))


def test_people_come_with_their_label_and_all_else_is_background(mini: Path, rooms: Path):
    dataset = portraits(mini, rooms, empty_prob=0)
    shares = []
    for index in range(30):
        sample = drawn(dataset, index)
        assert sample.size == (120, 160) == sample.label.shape and sample.geometry == Geometry((120, 160))
        assert sample.image.dtype == np.uint8 and set(np.unique(sample.label)) <= {0, 1}
        shares.append(sample.label.mean())
    assert min(shares) > 0.005 and 0.1 < np.mean(shares) < 0.6


def test_the_background_is_untouched_and_the_old_one_is_gone(mini: Path):
    """On a plain green wall every pixel that is not the person's has to be green, and the person's must not be."""
    photo, label = read_image(mini / "images/000000000785.jpg"), read_label(mini / "masks/000000000785.png")
    wall = np.full_like(photo, (0, 200, 0))
    magenta = np.where(label[..., None] == 1, photo, np.uint8([255, 0, 255]))  # the old background would show
    cutout = cut_out(magenta, label == 1, {})
    canvas = wall.copy()
    pasted = paste(canvas, cutout, find_place(cutout, photo.shape[:2], 0.8, np.random.default_rng(0)), wall, 0, 0)
    outside = np.ones(label.shape, bool)
    pasted.within(outside)[pasted.alpha > 0] = False
    assert (canvas[outside] == wall[outside]).all()
    edge = (pasted.alpha > 0.05) & (pasted.alpha < 0.95)
    seen = pasted.within(canvas)[edge].astype(int)
    alpha = pasted.alpha[edge]
    # What the person adds to the wall at the edge: a pure halo would add 255 * alpha of red and blue, and no green.
    purple = np.minimum(seen[:, 0], seen[:, 2]) - np.maximum(seen[:, 1] - 200 * (1 - alpha), 0)
    assert edge.sum() > 300 and purple.mean() < 12


def test_who_was_cut_off_by_the_frame_is_cut_off_again(mini: Path):
    checked = 0
    for line in (mini / "train.txt").read_text().splitlines():
        image, label = line.split()
        photo, mask = read_image(mini / image), read_label(mini / label) == 1
        cutout = cut_out(photo, mask, {})
        if cutout is None:
            continue
        cutout = without_cut_sides(cutout)
        for seed, canvas_size in enumerate([(90, 160), (120, 120), (160, 90)]):
            place = find_place(cutout, canvas_size, 0.7, np.random.default_rng(seed))
            canvas = np.zeros((*canvas_size, 3), np.uint8)
            pasted = paste(canvas, cutout, place, canvas.copy(), 0, 0)
            alpha = np.zeros(canvas_size)
            pasted.within(alpha)[:] = pasted.alpha
            cut_top, cut_left, cut_bottom, cut_right = cutout.cut
            borders = ((cut_top, alpha[0]), (cut_left, alpha[:, 0]), (cut_bottom, alpha[-1]), (cut_right, alpha[:, -1]))
            for is_cut, border in borders:
                if is_cut and not (cut_left and cut_right and border is not alpha[-1]):
                    checked += 1
                    assert border.max() > 0.9, line
            if not cut_top:  # a head stays in the picture
                assert alpha[0].max() < 0.5, line
    assert checked > 80


def test_arms_that_the_frame_cut_off_are_left_below_the_picture():
    mask = np.zeros((100, 100), bool)
    mask[10:, 30:70] = True
    mask[80:] = True  # shoulders, from border to border
    cutout = cut_out(np.zeros((100, 100, 3), np.uint8), mask, {"label": Field(mask.astype(np.uint8), CLASSES)})
    assert cutout.cut == (False, True, True, True)
    kept = without_cut_sides(cutout)
    assert kept.cut == (False, False, True, False) and kept.size == (70, 40)
    assert kept.maps["label"].array.shape == kept.mask.shape == kept.image.shape[:2]
    mask[30:] = True  # too little would be left
    cutout = cut_out(np.zeros((100, 100, 3), np.uint8), mask, {})
    assert without_cut_sides(cutout) is cutout
    assert cut_out(np.zeros((100, 100, 3), np.uint8), np.zeros((100, 100), bool), {}) is None


def test_a_soft_edge_lies_within_the_mask_and_not_at_the_frame():
    mask = np.zeros((60, 60), np.float32)
    mask[20:, 20:40] = 1
    alpha = soften(mask, 1.0)
    assert (alpha[mask == 0] < 0.35).all() and (alpha[25:, 24:36] == 1).all()
    assert ((alpha >= 0.5).sum(axis=1)[30:] >= 18).all()  # nobody gets thin
    np.testing.assert_array_equal(alpha[-1], alpha[-5])


def test_the_persons_light_moves_to_the_scenes(mini: Path, rooms: Path):
    def lightness(**arguments) -> float:
        picture, rooms_file = mini / "images/000000000785.jpg", sorted(rooms.iterdir())[0]
        dark = (read_image(rooms_file) * 0.15).astype(np.uint8)
        photo, label = read_image(picture), read_label(mini / "masks/000000000785.png")
        cutout = cut_out(photo, label == 1, {})
        scene = cv2.resize(dark, (160, 120))
        pasted = paste(canvas := scene.copy(), cutout, find_place(cutout, (120, 160), 0.8, rng()), scene, **arguments)
        return pasted.within(canvas)[pasted.alpha > 0.9].mean()

    def rng() -> np.random.Generator:
        return np.random.default_rng(1)

    own, half, full = (lightness(light=share, color=0) for share in (0, 0.5, 1))
    assert full < half - 3 < own - 6


def test_shares_of_empty_rooms_and_of_photos_left_alone(mini: Path, rooms: Path):
    empty = [drawn(portraits(mini, rooms, empty_prob=0.3), 0, seed).label.any() for seed in range(80)]
    assert 0.15 < 1 - np.mean(empty) < 0.45
    dataset = portraits(mini, rooms, prob=0.5)
    left = [drawn(dataset, 0, seed).size == dataset.read(0).size for seed in range(80)]
    assert 0.3 < np.mean(left) < 0.7
    nobody = dataset.read(0)
    nobody.label[:] = 0
    before = nobody.image.copy()
    np.testing.assert_array_equal(portraits(mini, rooms).prepare(nobody).image, before)


def test_more_people_come_from_the_same_data_set(mini: Path, rooms: Path):
    alone = portraits(mini, rooms, empty_prob=0, more_people_prob=0)
    crowd = portraits(mini, rooms, empty_prob=0, more_people_prob=1, max_people=3)
    reads: list[int] = []
    read = crowd.read
    crowd.read = lambda index, rng=None: reads.append(index) or read(index, rng)
    shares = [[drawn(dataset, index).label.mean() for index in range(20)] for dataset in (alone, crowd)]
    assert np.mean(shares[1]) > np.mean(shares[0]) + 0.03
    assert len(set(reads)) > 30
    assert max(cv2.connectedComponents(drawn(crowd, index).label)[0] for index in range(20)) >= 3


def test_maps_move_with_the_person_and_mattes_give_the_edge(mini: Path, rooms: Path, tmp_path: Path):
    dataset = portraits(mini, rooms, empty_prob=0)
    sample = dataset.read(0)
    sample.extra["twice"] = sample.label * 2
    sample = dataset.prepare(sample)
    np.testing.assert_array_equal(sample.extra["twice"] > 0, sample.label > 0)
    assert sample.extra["twice"].max() == 2
    photo = Path(dataset.entries[0][0])
    whole = read_label(dataset.entries[0][1])
    half = whole * 255
    half[: half.shape[0] // 2] = 0
    write_png(tmp_path / f"{photo.stem}.png", half)
    by_matte = portraits(mini, rooms, empty_prob=0, mattes=tmp_path)
    cutout = by_matte.transforms.transforms[0].cutout(by_matte.read(0))
    assert cutout.is_matte and cutout.size[0] < 0.7 * dataset.transforms.transforms[0].cutout(dataset.read(0)).size[0]


def test_batches_do_not_depend_on_workers(mini: Path, rooms: Path):
    dataset = portraits(mini, rooms, T.RandomHorizontalFlip(), T.Normalize(), more_people_prob=0.5)
    batches = []
    for workers in (0, 2):
        loader = TrainLoader(dataset, 8, seed=5, num_workers=workers)
        batches.append(next(loader.batches(3)))
        loader.close()
    np.testing.assert_array_equal(batches[0]["image"], batches[1]["image"])
    np.testing.assert_array_equal(batches[0]["label"], batches[1]["label"])
    assert pickle.loads(pickle.dumps(dataset)).transforms.transforms[0].source is not None


def test_what_cannot_work_is_said(mini: Path, rooms: Path, tmp_path: Path):
    with pytest.raises(DataError, match="holds no image"):
        T.ComposePortrait(tmp_path)
    with pytest.raises(ValueError, match=r"height_range should be \[least, largest\]"):
        T.ComposePortrait(rooms, height_range=[0.9, 0.5])
    dataset = portraits(mini, rooms)
    sample = dataset.read(0)
    sample.label = np.stack([sample.label] * 2, axis=2)
    with pytest.raises(DataError, match="needs labels of one class a pixel"):
        dataset.prepare(sample)


CONFIG = """
train_dataset:
  type: Dataset
  dataset_root: {mini}
  train_path: {mini}/train.txt
  num_classes: 2
  transforms:
    - {{type: LimitLong, max_long: 200}}
    - {{type: ComposePortrait, backgrounds: {rooms}, target_size: [96, 64]}}
    - {{type: RandomHorizontalFlip}}
    - {{type: Normalize}}
"""


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_pictures_made_ahead_survive_a_kill(mini: Path, rooms: Path, tmp_path: Path, root: Path, capsys):
    config = tmp_path / "compose.yml"
    config.write_text(CONFIG.format(mini=mini, rooms=rooms))
    command = ["compose", str(config), "--count", "90", "--seed", "7", "--output"]
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert main([*command, str(whole), "--jobs", "2"]) == 0
    assert "90 pictures" in capsys.readouterr().out
    with subprocess.Popen(
        [sys.executable, "-m", "paddleseg.cli.main", *command, str(killed), "--jobs", "1"], cwd=root
    ) as process:
        while not (killed / names(20)[0]).is_file():
            assert process.poll() is None
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
    assert not (killed / names(89)[0]).exists() and not (killed / "train.txt").exists()
    (killed / "images/0000/.00000021.99.jpg").write_bytes(b"half")  # as a kill during a write leaves it
    early = (killed / names(3)[0]).stat().st_mtime_ns
    assert main([*command, str(killed), "--jobs", "1"]) == 0
    assert (killed / names(3)[0]).stat().st_mtime_ns == early
    assert files_of(whole) == files_of(killed)
    made = Dataset("train", killed, [], train_path="train.txt")
    assert len(made) == 90 and made.read(89).size == (64, 96)
    assert len({sample.read_bytes() for sample, _ in list_images(killed / "images")}) == 90


def test_broken_photos_and_backgrounds_cost_their_own_pictures_only(mini: Path, rooms: Path, tmp_path: Path, capsys):
    root, walls = tmp_path / "set", tmp_path / "walls"
    shutil.copytree(mini, root)
    shutil.copytree(rooms, walls)
    lines = (root / "train.txt").read_text().splitlines()[:10]
    (root / "train.txt").write_text("\n".join(lines))
    photo, label = (root / lines[place].split()[place] for place in (0, 1))
    whole = {path: path.read_bytes() for path in (photo, label)}
    photo.write_bytes(whole[photo][:-3000])
    label.write_bytes(b"hello")
    wall = sorted(walls.iterdir())[0]
    wall.write_text("no wall")
    config = tmp_path / "compose.yml"
    config.write_text(CONFIG.format(mini=root, rooms=walls))
    made = {}
    for jobs in (1, 2):
        folder = made[jobs] = tmp_path / str(jobs)
        assert main(["compose", str(config), "--count", "60", "--output", str(folder), "--jobs", str(jobs)]) == 2
        out, err = capsys.readouterr()
        for path, what in ((photo, "is truncated"), (label, "is text, not an image"), (wall, "is text, not an image")):
            assert err.count(f"{path}: {what}") == 1
        kept = (folder / "train.txt").read_text().splitlines()
        assert 30 < len(kept) <= 48 and f"{len(kept)} pictures" in out and f"lacks {60 - len(kept)} of 60" in err
        assert all((folder / name).is_file() for line in kept for name in line.split())
    assert files_of(made[1]) == files_of(made[2])
    for path, content in whole.items():
        path.write_bytes(content)
    shutil.copyfile(rooms / wall.name, wall)
    assert main(["compose", str(config), "--count", "60", "--output", str(made[1]), "--jobs", "1"]) == 0
    assert len((made[1] / "train.txt").read_text().splitlines()) == 60


def test_the_disk_budget_and_foreign_folders(mini: Path, rooms: Path, tmp_path: Path):
    dataset = portraits(mini, rooms)
    done = compose(dataset, tmp_path / "made", 40, max_bytes=60_000)
    assert done.is_full and 3 < done.kept < 20 and done.nbytes <= 60_000
    assert len((tmp_path / "made/train.txt").read_text().splitlines()) == done.kept
    assert dataset.transforms.transforms[0].prob == 1 and len(dataset.transforms.transforms) == 1
    with pytest.raises(OutputError, match="made with other seed"):
        compose(dataset, tmp_path / "made", 40, seed=1)
    with pytest.raises(OutputError, match="made with other settings"):
        compose(portraits(mini, rooms, height_range=[0.4, 0.5]), tmp_path / "made", 40)
    with pytest.raises(OutputError, match="is not empty"):
        compose(dataset, mini, 40)
    with pytest.raises(ConfigError, match="has no ComposePortrait"):
        compose(Dataset("train", mini, [], train_path="train.txt"), tmp_path / "other", 4)
    assert json.loads((tmp_path / "made/compose.json").read_text())["seed"] == 0
    assert [parse_size(text) for text in ("10GB", "1.5 M", "200")] == [10e9, 1.5e6, 200]
