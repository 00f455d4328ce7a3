"""The portrait benchmark: what it does to photos, how it finishes peers, how sure it is of a lead."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from paddleseg.datasets import Dataset
from paddleseg.inference.predictor import Predictor


@pytest.fixture(autouse=True)
def _benchmarks(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(root / "benchmarks"))


@pytest.fixture
def photos(mini: Path) -> Dataset:
    return Dataset("val", mini, [], 2, val_path="val.txt")


class TestConditions:
    def test_each_is_the_same_every_time_and_fits_its_label(self, photos: Dataset, mini: Path):
        from conditions import conditions

        changes = conditions(photos, mini / "images")
        assert {"turned 90", "tilt 20", "low light", "small person", "several people"} < set(changes)
        for name, change in changes.items():
            once, again = (change(photos.read(1, np.random.default_rng([0, 1]))) for _ in range(2))
            np.testing.assert_array_equal(once.image, again.image, name)
            assert once.label.shape == once.image.shape[:2]
            assert (once.label == 1).any()
            assert name == "upright" or not np.array_equal(once.image, photos.read(1).image)

    def test_a_tilted_photo_keeps_all_its_people_and_its_corners_do_not_count(self, photos: Dataset):
        from conditions import PLAIN

        before, after = photos.read(0), PLAIN["tilt 20"](photos.read(0))
        areas = [np.count_nonzero(sample.label == 1) for sample in (before, after)]
        assert areas[1] == pytest.approx(areas[0], rel=0.02)
        assert (after.label[0, [0, -1]] == 255).all() and not after.image[0, [0, -1]].any()

    def test_the_wide_crop_is_wide_and_begins_above_the_head(self, photos: Dataset):
        from conditions import cropped_wide

        sample = photos.read(0)
        sample.image, sample.label = np.zeros((400, 320, 3), np.uint8), np.zeros((400, 320), np.uint8)
        sample.label[100:, 100:200] = 1
        wide = cropped_wide(sample)
        assert wide.size == (180, 320)
        assert np.flatnonzero(wide.label.any(axis=1))[0] == 14

    def test_a_small_person_is_small(self, photos: Dataset, mini: Path):
        from conditions import conditions

        small = conditions(photos, mini / "images")["small person"](photos.read(0, np.random.default_rng(0)))
        rows = np.flatnonzero((small.label == 1).any(axis=1))
        assert small.size == (360, 640) and np.ptp(rows) < 0.35 * 360


class TestBootstrap:
    def test_a_clear_lead_is_sure_and_a_network_has_none_over_itself(self):
        from bootstrap import boundary_iou, drawn, lead, miou

        rng = np.random.default_rng(0)
        wrong = rng.uniform(50, 100, 60)
        good, bad = (np.stack([1000 - w, w, w, 1000 - w, 100 - w / 2, 100 + w], axis=1) for w in (wrong, 2 * wrong))
        draws = drawn(60)
        assert draws.shape == (2000, 60) and (draws.sum(axis=1) == 60).all()
        for measure in (miou, boundary_iou):
            found, low, high = lead(good, bad, measure, draws)
            assert 0 < low < found < high
            assert lead(good, good, measure, draws) == (0, 0, 0)

    def test_the_interval_is_the_one_of_theory(self):
        """Of the mean of a share, where photos are of one size: 1.96 standard errors."""
        from bootstrap import boundary_iou, drawn, lead

        shared = np.random.default_rng(0).uniform(0, 100, 400)
        ours = np.stack([*[np.zeros(400)] * 4, shared, np.full(400, 100)], axis=1)
        theirs = ours * [1, 1, 1, 1, 0, 1]
        found, low, high = lead(ours, theirs, boundary_iou, drawn(400))
        error = 1.96 * shared.std() / 100 / 20
        assert (high - found, found - low) == pytest.approx((error, error), rel=0.1)


def test_peers_are_finished_as_ours_are():
    """The same probabilities give the same mask, whoever's they are."""
    from contenders import finished_as_ours
    from peers import Peer

    photo = np.random.default_rng(0).integers(0, 255, (90, 120, 3), np.uint8)
    photo = cv2.GaussianBlur(photo, (0, 0), 4)
    prob = np.zeros((32, 48), np.float32)
    prob[10:, 12:30], prob[2:4, 2:4] = 0.95, 0.95
    peer = Peer("peer", prob.shape, lambda rgb: rgb, lambda rgb: prob, lambda output: output)
    mask = finished_as_ours(peer)(photo).mask
    assert mask[60, 50] == 1 and not mask[:12, :12].any()  # the speck is gone
    finished = finished_as_ours(peer)
    plain = Predictor(finished.card.with_finish(edge_radius=0), finished.runtime)
    assert (plain(photo).mask != mask).any()


def test_the_command_tells_conditions_rooms_leads_and_clips(root: Path, mini: Path, tmp_path: Path):
    lines = (mini / "val.txt").read_text().splitlines()[:2]
    (tmp_path / "list.txt").write_text("\n".join(lines))
    for number, line in enumerate([lines[0]] * 2):
        for kind, name in zip(("images", "masks"), line.split(), strict=True):
            place = tmp_path / "clip" / kind / f"{number}{Path(name).suffix}"
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(mini / name, place)
    (tmp_path / "rooms").mkdir()
    cv2.imwrite(str(tmp_path / "rooms/grey.png"), np.full((90, 120, 3), 90, np.uint8))
    same = f"zoo://portrait@{root / 'paddleseg/zoo/portrait.pdparams'}"
    command = [sys.executable, "benchmarks/portrait.py", "--data", mini, "--list", tmp_path / "list.txt", "--quiet"]
    command += ["--models", "zoo://portrait", same, "--conditions", "--rooms", tmp_path / "rooms"]
    command += ["--clips", tmp_path / "clip", "--json", tmp_path / "found.json"]
    done = subprocess.run([str(word) for word in command], cwd=root, check=True, capture_output=True, text=True)
    one, two, rest = json.loads((tmp_path / "found.json").read_text())
    assert one["conditions"].keys() == two["conditions"].keys()
    assert one["conditions"]["upright"]["mIoU"] == pytest.approx(one["mIoU"])
    assert one["rooms_with_somebody"] in (0, 1) and one["clips_mIoU"] > 0.5
    leads = {row["condition"]: row for row in rest["leads"]}
    assert leads["low light"]["mIoU"] == pytest.approx([0, 0, 0], abs=1e-4)
    assert "| lead of ours: portrait | over |" in done.stdout


def test_held_out_shoots_stay_held_out(root: Path, tmp_path: Path):
    from held_out import is_held_out

    for number in range(40):
        (tmp_path / f"clip_{number}").mkdir()
        cv2.imwrite(str(tmp_path / f"clip_{number}/0.png"), np.zeros((4, 4, 3), np.uint8))
        cv2.imwrite(str(tmp_path / f"clip_{number}/1.png"), np.zeros((4, 4, 3), np.uint8))

    def said(*arguments: str) -> list[str]:
        command = [sys.executable, "benchmarks/held_out.py", str(tmp_path), "--group", r"^(clip_\d+)/", *arguments]
        return subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout.splitlines()

    held, rest = said(), said("--rest")
    assert len(held) + len(rest) == 80 and 2 <= len(held) <= 30
    assert {Path(path).parent for path in held}.isdisjoint({Path(path).parent for path in rest})
    assert all(is_held_out(Path(path).parent.name) for path in held)
