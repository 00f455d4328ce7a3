"""Frames through a session: steady masks that do not lag, scenes, people, pace, backgrounds."""

from __future__ import annotations

import itertools
from pathlib import Path

import cv2
import numpy as np
import pytest

from paddleseg.errors import ConfigError, DataError
from paddleseg.images.io import read_image
from paddleseg.inference.predictor import Predictor, Prepared
from paddleseg.video import Compositor, Session
from paddleseg.video.backdrop import Backdrop
from paddleseg.video.smoothing import TEMPORAL, Adaptive
from paddleseg.video.source import open_source

NAMES = [*TEMPORAL, None]


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    return Predictor.from_zoo("portrait", "onnx", threads=1)


@pytest.fixture(scope="module")
def photos(val_files: list) -> list[np.ndarray]:
    return [read_image(image) for image, _ in val_files[:6]]


def noisy(photo: np.ndarray, count: int, sigma: float = 12) -> list[np.ndarray]:
    """A photo as a webcam sees it in the dark."""
    rng = np.random.default_rng(0)
    return [np.clip(photo // 2 + rng.normal(0, sigma, photo.shape), 0, 255).astype(np.uint8) for _ in range(count)]


def changes(session: Session, frames: list[np.ndarray]) -> float:
    masks = [session(frame).mask for frame in frames]
    return float(np.mean([(one != other).mean() for one, other in itertools.pairwise(masks)]))


@pytest.mark.parametrize("temporal", NAMES)
def test_the_first_frame_of_a_scene_is_what_the_predictor_says(predictor: Predictor, photos: list, temporal: str):
    session = Session(predictor, temporal)
    for photo in photos[:3]:  # each is another scene
        frame = session(photo)
        alone = predictor(photo)
        np.testing.assert_array_equal(frame.mask, alone.mask)
        np.testing.assert_array_equal(frame.opacity, alone.opacity)


@pytest.mark.parametrize("temporal", list(TEMPORAL))
def test_noise_makes_masks_flicker_less_than_half_as_much(predictor: Predictor, photos: list, temporal: str):
    frames = noisy(photos[0], 10)
    assert changes(Session(predictor, temporal), frames) < 0.6 * changes(Session(predictor, None), frames)


@pytest.mark.parametrize(("temporal", "lags"), [("adaptive", False), ("flow", False), ("ema", True)])
def test_only_the_plain_mean_lags_behind_what_moves(predictor: Predictor, photos: list, temporal: str, lags: bool):
    photo = photos[1]
    moved = np.roll(photo, photo.shape[1] // 5, axis=1)
    session = Session(predictor, temporal)
    session._scenes.begins = lambda view: False  # type: ignore[method-assign]  # a jump within a scene
    for _ in range(4):
        session(photo)
    wrong = (session(moved).mask != predictor(moved).mask).mean()
    assert wrong > 0.05 if lags else wrong < 0.01


def test_a_new_size_and_a_reset_begin_a_scene(predictor: Predictor, photos: list):
    session = Session(predictor, "ema")
    photo, other = photos[0], cv2.resize(photos[0], None, fx=0.5, fy=0.5)
    session(np.roll(photo, 40, axis=1))
    np.testing.assert_array_equal(session(other).mask, predictor(other).mask)
    session(other)
    session.reset()
    np.testing.assert_array_equal(session(photo).mask, predictor(photo).mask)


class _Counting(Predictor):
    runs = 0

    def run(self, inputs: list[Prepared]) -> list[np.ndarray]:
        type(self).runs += 1
        return super().run(inputs)


@pytest.mark.parametrize(
    ("options", "runs"), [({}, 12), ({"every": 3}, 4), ({"skip_still": True}, 1), ({"cpu": 1e-6}, 1)]
)
def test_the_network_runs_as_often_as_asked(predictor: Predictor, photos: list, options: dict, runs: int):
    counting = _Counting(predictor.card, predictor.runtime)
    _Counting.runs = 0
    session = Session(counting, **options)
    masks = [session(photos[0]).mask for _ in range(12)]
    assert _Counting.runs == runs
    assert (masks[-1] != masks[0]).mean() < 1e-3


def test_a_moving_hand_is_not_taken_for_stillness(predictor: Predictor, photos: list):
    counting = _Counting(predictor.card, predictor.runtime)
    _Counting.runs = 0
    session = Session(counting, skip_still=True)
    frames = [photos[0].copy() for _ in range(4)]
    for step, frame in enumerate(frames):
        cv2.circle(frame, (30 + 15 * step, 40), 14, (220, 170, 140), -1)
        session(frame)
    assert _Counting.runs == 4
    for frame in noisy(frames[-1], 4, sigma=3):
        session(frame)
    assert _Counting.runs == 5  # darker, then the same but for noise


def test_the_main_person_stays_when_another_grows(predictor: Predictor, photos: list):
    one, other = photos[0], photos[1]
    h = min(len(one), len(other))
    one, other = (np.ascontiguousarray(each[:h]) for each in (one, other))
    both = np.concatenate([one, np.full_like(one[:, :60], 90), other], axis=1)
    session, every = Session(predictor, None, people="main"), Session(predictor, None, people=2)
    kept, two = session(both).mask, every(both).mask
    sides = [kept[:, : one.shape[1]].mean(), kept[:, one.shape[1] + 60 :].mean()]
    assert min(sides) < 0.02 < 0.1 < max(sides)
    assert two.mean() > kept.mean() + 0.02
    for _ in range(3):
        np.testing.assert_array_equal(session(both).mask, kept)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"temporal": "kalman"}, "temporal: 'kalman' is none of adaptive, ema, flow"),
        ({"every": 0}, "every: should be 1 or more, not 0"),
        ({"cpu": 0}, "cpu: should be a share above 0"),
        ({"people": "nobody"}, "people: should be main, all or a number"),
        ({"people": 0}, "people: should be main, all or a number"),
    ],
)
def test_settings_out_of_range_are_named(predictor: Predictor, options: dict, message: str):
    with pytest.raises(ConfigError, match=message):
        Session(predictor, **options)


def test_without_a_compositor_there_is_no_composite(predictor: Predictor, photos: list):
    with pytest.raises(ConfigError, match="the session has no compositor"):
        _ = Session(predictor)(photos[0]).composite


class TestCompositor:
    @pytest.mark.parametrize(
        "background", ["blur", "blur:0.2", "#0000ff", (0, 0, 255), np.full((9, 9, 3), 7, np.uint8)]
    )
    def test_people_stay_and_the_rest_changes(self, predictor: Predictor, photos: list, background):
        frame = Session(predictor, compositor=Compositor(background))(photos[0])
        inside, outside = frame.opacity == 255, frame.opacity == 0
        np.testing.assert_array_equal(frame.composite[inside], photos[0][inside])
        assert (frame.composite[outside] != photos[0][outside]).any(axis=1).mean() > 0.5
        assert frame.composite is frame.composite

    def test_a_stronger_blur_leaves_less_detail(self, predictor: Predictor, photos: list):
        result = predictor(photos[0])
        details = [
            cv2.Sobel(Compositor(f"blur:{strength}")(photos[0], result.opacity), cv2.CV_32F, 1, 0)[
                result.opacity == 0
            ].std()
            for strength in (0.1, 0.5, 1)
        ]
        assert details[0] > details[1] > details[2]

    @pytest.mark.parametrize("text", ["blur:", "blur:0", "blur:2", "blur:much", "nowhere.jpg", "nowhere.mp4"])
    def test_what_is_no_background_is_refused(self, text: str):
        with pytest.raises(DataError):
            Compositor(text)

    @pytest.mark.parametrize("options", [{"light_wrap": 1.5}, {"colour_match": -0.1}])
    def test_shares_lie_from_0_to_1(self, options: dict):
        with pytest.raises(ConfigError, match="should lie from 0 to 1"):
            Compositor("blur", **options)

    def test_light_wraps_around_the_edge_only(self, predictor: Predictor, photos: list):
        result = predictor(photos[0])
        white = np.full_like(photos[0], 255)
        plain, wrapped = (Compositor(white, light_wrap=share)(photos[0], result.opacity) for share in (0, 1))
        gain = wrapped.astype(int) - plain
        deep = cv2.erode((result.opacity == 255).astype(np.uint8), np.ones((31, 31))) > 0
        rim = (cv2.erode((result.opacity > 127).astype(np.uint8), np.ones((5, 5))) == 0) & (result.opacity == 255)
        assert gain.min() >= -1 and gain[rim].mean() > 5 * max(gain[deep].mean(), 0.1)

    def test_colours_move_towards_the_background(self, predictor: Predictor, photos: list):
        result = predictor(photos[0])
        inside = result.opacity == 255
        compositor = Compositor((0, 0, 120), colour_match=1.0)
        before, after = photos[0][inside].mean(axis=0), compositor(photos[0], result.opacity)[inside].mean(axis=0)
        assert after[0] < before[0] and after[1] < before[1]
        nobody = np.zeros_like(result.opacity)
        assert (compositor(photos[0], nobody) == (0, 0, 120)).all()

    def test_a_clip_behind_keeps_its_own_time_and_begins_again(self, tmp_path: Path, photos: list):
        pytest.importorskip("av")
        from clips import write_clip

        greys = [np.full((32, 48, 3), 40 * step, np.uint8) for step in range(1, 6)]
        write_clip(tmp_path / "behind.mp4", greys)
        backdrop = Backdrop(str(tmp_path / "behind.mp4"))
        nobody = np.zeros((32, 48), np.uint8)
        rate = open_source(tmp_path / "behind.mp4").info.rate
        compositor = Compositor(backdrop)
        for step in (0, 1, 1, 3, 4, 5, 7, 14):
            shown = compositor(greys[0], nobody, (step + 0.5) / rate)
            assert abs(int(shown.mean()) - 40 * (step % 5 + 1)) < 6, step
        backdrop.close()


def test_streams_take_arrays_and_sources(predictor: Predictor, photos: list):
    frames = [photos[0], photos[0]]
    from_arrays = [frame.mask for frame in Session(predictor).stream(frames)]
    from_source = list(Session(predictor).stream(open_source(frames, rate=10)))
    np.testing.assert_array_equal(from_arrays, [frame.mask for frame in from_source])
    assert [frame.time for frame in from_source] == [0, pytest.approx(0.1)]


def test_the_adaptive_mean_counts_large_changes_whole():
    smoother = Adaptive(still=0.2, high=0.5)
    first = np.full((1, 4, 4), 0.1, np.float32)
    smoother(first, first[0])
    doubt, jump = first + 0.01, first + 0.8
    assert smoother(doubt, first[0])[0, 0, 0] == pytest.approx(0.102, abs=1e-3)
    np.testing.assert_allclose(smoother(jump, first[0]), jump)
