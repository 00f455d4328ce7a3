"""Semantic connectivity: the paper's equations on hand-made cases, the gradient, both forms of the loss, its cost."""

from __future__ import annotations

import json
import time

import cv2
import losses_numpy as plain
import numpy as np
import paddle
import pytest

from paddleseg.kernels import matching as kernel
from paddleseg.kernels.soft_areas import KernelSoftMask
from paddleseg.losses import connectivity as loss_module
from paddleseg.losses.connectivity import SemanticConnectivityLoss
from paddleseg.losses.soft_areas import PaddleSoftMask, soft_mask
from paddleseg.metrics import Connectivity, semantic_connectivity
from paddleseg.metrics.connectivity import Components, connectivity_of, find_components, keep_largest, match_maps


def box(height: int = 12, width: int = 16, *boxes: tuple[slice, slice], fill: int = 1) -> np.ndarray:
    classes = np.zeros((height, width), int)
    for place in boxes:
        classes[place] = fill
    return classes


PERSON = np.s_[2:12, 4:12]
LABEL = box(12, 16, PERSON)
SPECK = LABEL.copy()
SPECK[0, 0] = 1
SPLIT = LABEL.copy()
SPLIT[6] = 0
HOLE = LABEL.copy()
HOLE[5:7, 7:9] = 0
TWO, MERGED = box(12, 16, np.s_[2:12, 1:6], np.s_[2:12, 10:15]), box(12, 16, np.s_[2:12, 1:15])
STRIP = LABEL.copy()
STRIP[:, 10:] = 255
DIAGONAL = box(6, 6, np.s_[:3, :3], np.s_[3:, 3:])
NOTHING = np.zeros_like(LABEL)
NAN = float("nan")

# name: mask, label, connectivity of class 0 and 1, the same with pairs counted, loss (mean over classes present)
CASES = {
    "perfect": (LABEL, LABEL, (1, 1), (1, 1), 0),
    "nothing found": (NOTHING, LABEL, (112 / 192, 0), (112 / 192, 0), 80 / 192),
    "nothing there, nothing found": (NOTHING, NOTHING, (1, NAN), (1, NAN), 0),
    "speck": (SPECK, LABEL, (111 / 112, 1 / 2), (111 / 112, 1 / 2), (1 / 112 + 1 / 2) / 2),
    "split": (SPLIT, LABEL, (112 / 120, 0.45), (112 / 120, 0.225), (8 / 120 + 0.55) / 2),
    "hole": (HOLE, LABEL, (1 / 2, 76 / 80), (1 / 2, 76 / 80), (1 / 2 + 4 / 80) / 2),
    "two as one": (MERGED, TWO, (52 / 92, 50 / 140), (52 / 92, 50 / 140), (40 / 92 + 90 / 140) / 2),
    "diagonal touch": (DIAGONAL, np.ones_like(DIAGONAL), (0, 1 / 2), (0, 1 / 2), 1 / 2),
    "ignored strip": (LABEL, STRIP, (1, 1), (1, 1), 0),
}


def saturated(mask: np.ndarray, classes: int = 2) -> np.ndarray:
    return ((mask == np.arange(classes)[:, None, None]) * 120.0 - 60)[None].astype("float32")


def value_of(loss: SemanticConnectivityLoss, logits: np.ndarray, labels: np.ndarray) -> float:
    return float(loss(paddle.to_tensor(logits), paddle.to_tensor(labels)))


def smooth(seed: int, *shape: int, sigma: float = 2.0) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=shape)
    for plane in noise.reshape(-1, *shape[-2:]):
        plane[:] = cv2.GaussianBlur(plane, (0, 0), sigma) * 3 * sigma
    return noise


FORMS = [KernelSoftMask, PaddleSoftMask]


@pytest.mark.parametrize("name", CASES)
class TestPaperCases:
    def test_metric(self, name: str):
        mask, label, by_components, by_pairs, _ = CASES[name]
        np.testing.assert_allclose(semantic_connectivity(mask, label, 2), by_components, atol=1e-12)
        np.testing.assert_allclose(semantic_connectivity(mask, label, 2, count="pairs"), by_pairs, atol=1e-12)

    @pytest.mark.parametrize("form", FORMS)
    def test_loss(self, name: str, form, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(loss_module, "soft_mask", form)
        mask, label, *_, expected = CASES[name]
        loss = SemanticConnectivityLoss(num_classes=2)
        assert value_of(loss, saturated(mask), label[None]) == pytest.approx(expected, abs=1e-6)


@pytest.mark.shared
def test_reference_cases(shared):
    for case in json.loads((shared / "reference" / "sc_cases.json").read_text()):
        mask, label, classes = np.array(case["pred"]), np.array(case["label"]), case["num_classes"]
        for count, suffix in (("components", ""), ("pairs", "_pairs")):
            wanted = {c: case["per_class"][str(c)] for c in range(classes)}
            found = semantic_connectivity(mask, label, classes, count=count)
            for c, values in wanted.items():
                expected = NAN if values[f"sc{suffix}"] is None else values[f"sc{suffix}"]
                assert found[c] == pytest.approx(expected, abs=1e-6, nan_ok=True), (case["name"], c, count)
            present = [values[f"loss{suffix}"] for values in wanted.values() if values["sc"] is not None]
            loss = SemanticConnectivityLoss(classes, count=count)
            value = value_of(loss, saturated(mask, classes), label[None])
            assert value == pytest.approx(np.mean(present), abs=1e-6), (case["name"], count)


class TestLoss:
    classes = 4
    logits = smooth(0, 3, 4, 24, 28)
    labels = smooth(1, 3, 4, 24, 28).argmax(axis=1)
    labels[0, :5, :6] = 255
    labels[1][labels[1] == 2] = 0  # class 2: in the mask only
    logits[2, 3] -= 50  # class 3: in the label only

    def gradient(self, loss: SemanticConnectivityLoss, logits: np.ndarray) -> np.ndarray:
        tensor = paddle.to_tensor(logits, stop_gradient=False)
        loss(tensor, paddle.to_tensor(self.labels)).backward()
        return tensor.grad.numpy()

    @pytest.mark.parametrize("count", ["components", "pairs"])
    def test_soft_value_is_the_paper_s(self, count):
        loss = SemanticConnectivityLoss(self.classes, count=count)
        expected = plain.connectivity(self.logits, self.labels, count)
        assert value_of(loss, self.logits, self.labels) == pytest.approx(expected, rel=1e-9)
        assert 0 < expected < 1

    def test_gradient_against_finite_differences(self):
        loss, rng = SemanticConnectivityLoss(self.classes), np.random.default_rng(0)
        gradient = self.gradient(loss, self.logits)
        scale = np.abs(gradient).max()
        assert scale > 1e-5
        for place in zip(*(rng.integers(0, length, 60) for length in self.logits.shape), strict=True):
            step = np.zeros_like(self.logits)
            step[place] = 1e-4
            slope = (
                value_of(loss, self.logits + step, self.labels) - value_of(loss, self.logits - step, self.labels)
            ) / 2e-4
            assert slope == pytest.approx(gradient[place], abs=1e-5 * scale)

    def test_both_forms_have_one_gradient(self, monkeypatch: pytest.MonkeyPatch):
        loss, logits = SemanticConnectivityLoss(self.classes), self.logits.astype("float32")
        found = []
        for form in FORMS:
            monkeypatch.setattr(loss_module, "soft_mask", form)
            found.append(self.gradient(loss, logits))
        np.testing.assert_allclose(found[0], found[1], atol=1e-6 * np.abs(found[1]).max())

    def test_a_step_down_the_gradient_closes_a_gap(self):
        """A person split by a weak row: plain gradient descent joins the pieces."""
        logits = saturated(SPLIT)[:, :, :, :] / 60
        logits[:, 1, 6, 4:12], logits[:, 0, 6, 4:12] = -0.1, 0.1
        loss = SemanticConnectivityLoss(2)
        tensor = paddle.to_tensor(logits, stop_gradient=False)
        for _ in range(40):
            loss(tensor, paddle.to_tensor(LABEL[None])).backward()
            tensor = paddle.to_tensor(tensor.numpy() - 20 * tensor.grad.numpy(), stop_gradient=False)
        assert (tensor.numpy()[0].argmax(axis=0) == LABEL).all()

    def test_components_beyond_the_bound_are_left_out_smallest_first(self):
        label = box(20, 20, np.s_[8:14, 8:14])
        mask = label.copy()
        mask[0, ::2], mask[2:4, ::3] = 1, 1
        values = {
            kept: value_of(SemanticConnectivityLoss(2, max_components=kept), saturated(mask), label[None])
            for kept in (1, 2, 256)
        }
        others = {kept: values[kept] * 2 - (1 - semantic_connectivity(mask, label, 2)[0]) for kept in values}
        found = find_components(mask, 2).classes.tolist().count(1)
        assert [others[kept] for kept in (1, 2, 256)] == pytest.approx([0, 1 / 2, 1 - 1 / found], abs=1e-6)

    def test_nothing_known_costs_nothing_and_other_images_stay(self):
        both, labels = np.concatenate([saturated(SPLIT)] * 2), np.stack([LABEL, np.full_like(LABEL, 255)])
        loss = SemanticConnectivityLoss(2)
        assert value_of(loss, both, labels) == pytest.approx(value_of(loss, both[:1], labels[:1]) / 2, abs=1e-6)

    def test_another_ignore_index(self):
        label = np.where(STRIP == 255, 7, STRIP)
        assert value_of(SemanticConnectivityLoss(2, ignore_index=7), saturated(LABEL), label[None]) == pytest.approx(0)

    @pytest.mark.parametrize("form", FORMS)
    def test_one_of_the_classes_may_be_the_ignored_one(self, form, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(loss_module, "soft_mask", form)
        logits, found = self.logits.astype("float32"), []
        hidden = np.where(self.labels == 1, 255, self.labels)
        for ignored, labels in ((255, hidden), (1, np.where(hidden == 255, 1, hidden))):
            tensor = paddle.to_tensor(logits, stop_gradient=False)
            value = SemanticConnectivityLoss(self.classes, ignore_index=ignored)(tensor, paddle.to_tensor(labels))
            value.backward()
            found.append((float(value), tensor.grad.numpy()))
        assert found[0][0] == found[1][0] > 0
        np.testing.assert_array_equal(found[0][1], found[1][1])

    def test_refuses_other_channels(self):
        with pytest.raises(ValueError, match="2 channels for 3 classes"):
            value_of(SemanticConnectivityLoss(3), saturated(LABEL), LABEL[None])

    @pytest.mark.gpu
    @pytest.mark.skipif(not paddle.is_compiled_with_cuda(), reason="this Paddle is the CPU build")
    def test_gpu_and_cpu_agree(self):
        loss, found = SemanticConnectivityLoss(self.classes), []
        for device in ("cpu", "gpu"):
            paddle.set_device(device)
            found.append((value_of(loss, self.logits, self.labels), self.gradient(loss, self.logits)))
        paddle.set_device("cpu")
        assert found[0][0] == pytest.approx(found[1][0], rel=1e-9)
        np.testing.assert_allclose(found[0][1], found[1][1], atol=1e-12)


class TestPaddleSegReading:
    """Values that PaddleSeg 2.8.0 gave for the same inputs."""

    strips = box(40, 40, *(np.s_[10 + i : 30, 3 * i : 3 * i + 2] for i in range(12)))
    wide = box(40, 40, np.s_[10:30, :36])
    dotted = box(40, 40, np.s_[10:30, 10:30])
    dotted[0, 0:20:2] = 1

    @pytest.mark.parametrize(
        ("mask", "label", "expected"),
        [
            (LABEL, LABEL, 0.5),
            (2 * LABEL, 2 * LABEL, 0.0),
            (3 * LABEL, 3 * LABEL, -0.5),
            (NOTHING, LABEL, 1.2083333),
            (LABEL, NOTHING, 1.0),
            (SPLIT, LABEL, 0.775),
            (MERGED, TWO, 0.8214285),
            (LABEL, STRIP, 0.625),
            (strips, wide, (1 + 0.95555556) / 2),
            (dotted, box(40, 40, np.s_[10:30, 10:30]), 1.0),
            (2 * box(12, 12, np.s_[2:8, 2:8]), 2 * box(12, 12, np.s_[4:10, 2:8]), 0.6),
        ],
    )
    def test_value(self, mask: np.ndarray, label: np.ndarray, expected: float):
        loss = SemanticConnectivityLoss(num_classes=4, reading="paddleseg")
        assert value_of(loss, saturated(mask, 4), label[None]) == pytest.approx(expected, abs=1e-6)


class TestSoftMask:
    @pytest.mark.parametrize("form", FORMS)
    @pytest.mark.parametrize("classes", [1, 2, 19, 300])
    def test_the_first_of_equal_logits_wins(self, classes: int, form):
        logits = np.random.default_rng(0).integers(0, 5, (2, classes, 9, 7)).astype("float32")
        np.testing.assert_array_equal(form(paddle.to_tensor(logits)).mask, logits.argmax(axis=1))

    def test_training_on_a_cpu_takes_the_kernels(self):
        logits = paddle.zeros([1, 2, 4, 4])
        assert isinstance(soft_mask(logits), PaddleSoftMask)
        logits.stop_gradient = False
        assert isinstance(soft_mask(logits), KernelSoftMask)

    def test_kernel_exponentials_are_exact_to_single_precision(self):
        logits = np.zeros((1, 2, 60, 50), "float32")
        logits[0, 1] = -np.linspace(0, 100, 3000, dtype="float32").reshape(60, 50)
        own = KernelSoftMask(paddle.to_tensor(logits)).own.reshape(60, 50)
        np.testing.assert_allclose(own, 1 / (1 + np.exp(logits[0, 1].astype("float64"))), rtol=3e-7)


def compiled(classes: np.ndarray, num_classes: int) -> Components:
    runs, same = kernel.find_runs(classes, classes, num_classes, ignore_index=-1)
    np.testing.assert_array_equal(runs.parts, same.parts)
    return runs.spread(classes.shape)


LABELLINGS = [find_components, compiled]


@pytest.mark.parametrize("labelling", LABELLINGS, ids=["opencv", "compiled"])
class TestComponents:
    @pytest.mark.parametrize("kind", ["smooth", "noise", "stripes", "spiral"])
    def test_every_class_in_its_own_components(self, kind: str, labelling):
        classes = {
            "smooth": smooth(3, 5, 40, 50).argmax(axis=0),
            "noise": np.random.default_rng(0).integers(0, 6, (40, 50)),  # 5 is no class
            "stripes": np.add.outer(np.arange(40), np.arange(50)) // 2 % 3,
            "spiral": spiral(41),
        }[kind]
        found = labelling(classes, 5)
        expected = [part for c in range(5) for part in plain.parts(classes == c)]
        assert len(found.classes) - 1 == len(expected)
        for part in expected:
            number = found.numbers[part][0]
            assert number > 0 and ((found.numbers == number) == part).all()
            assert found.classes[number] == classes[part][0]
        assert not found.numbers[classes == 5].any()

    def test_the_largest_of_each_class_stay(self, labelling):
        classes = np.zeros((12, 12), int)
        for y, x, size, number in ((0, 0, 2, 1), (0, 5, 4, 1), (6, 0, 3, 1), (6, 6, 1, 2), (9, 6, 2, 2)):
            classes[y : y + size, x : x + size] = number
        found = keep_largest(labelling(classes, 3), 2)
        assert sorted(found.classes.tolist()) == [-1, 0, 1, 1, 2, 2]
        kept = np.bincount(found.numbers.ravel())[1:]
        assert sorted(kept[found.classes[1:] == 1]) == [9, 16]
        large = keep_largest(labelling(classes, 3), None, min_area=4)
        assert sorted(np.bincount(large.numbers.ravel())[1:]) == [4, 4, 9, 16, 144 - 34]

    def test_more_than_255_classes(self, labelling):
        classes = np.arange(300).repeat(2).reshape(20, 30)
        assert len(labelling(classes, 300).classes) == 301


@pytest.mark.parametrize("kind", ["smooth", "noise", "noisy label"])
@pytest.mark.parametrize("most", [3, None])
def test_both_matchings_agree(kind: str, most: int | None):
    mask, label = (smooth(seed, 4, 60, 50).argmax(axis=0) for seed in (0, 1))
    noise = np.random.default_rng(0).integers(0, 4, mask.shape)
    mask = noise if kind == "noise" else mask
    label = noise.T.reshape(mask.shape) if kind == "noisy label" else label
    label[:9, 4:20] = 255
    found = [match(mask, label, 4, max_components=most) for match in (match_maps, kernel.match_maps)]
    for matching in found:
        assert (np.bincount(matching.segments.ravel()) == matching.areas).all()
    if most is None or kind == "smooth":  # of equally large specks, either may stay
        np.testing.assert_allclose(*(connectivity_of(matching, 4) for matching in found), rtol=1e-12)
        np.testing.assert_array_equal(*(np.sort(matching.areas[matching.pairs]) for matching in found))
        for name in ("label_areas", "label_classes", "mask_classes"):
            np.testing.assert_array_equal(*(np.sort(getattr(matching, name)) for matching in found))


def spiral(size: int) -> np.ndarray:
    """One long winding component: what is joined last meets what was numbered first."""
    classes, (y, x), (v, u) = np.zeros((size, size), int), (0, 0), (0, 1)
    classes[0, 0] = 1
    for length in [size - 1, *np.repeat(np.arange(size - 1, 1, -2), 2)]:
        for _ in range(length):
            y, x = y + v, x + u
            classes[y, x] = 1
        v, u = u, -v
    return classes


def test_a_noisy_mask_costs_about_its_pixels():
    """Thousands of specks: as many operations as pixels, not as pairs."""
    mask, label = (np.random.default_rng(seed).integers(0, 19, (224, 398)) for seed in (0, 1))
    assert len(find_components(mask, 19).classes) > 50_000
    started = time.process_time()
    semantic_connectivity(mask, label, 19)
    assert time.process_time() - started < 2.0  # measured: 0.03 s


class TestMetric:
    def test_specks_are_dropped_from_both_maps(self):
        label, mask = box(200, 200, np.s_[50:150, 50:150]), box(200, 200, np.s_[50:150, 50:150])
        label[:3, :3], mask[190:193, :4] = 1, 1
        found = Connectivity(2)
        found.update(mask, label)
        result = found.compute()
        assert result["class_SC"][1] == pytest.approx(1 / 3)
        background = (30000 - 21) / 30000  # the specks stay holes in it
        assert result["SC_without_specks"] == pytest.approx((background + 1) / 2)
        assert (result["components"], result["label_components"]) == (2, 2)

    def test_is_the_mean_over_images_of_the_mean_over_classes(self):
        metric = Connectivity(2)
        for mask, label in ((SPLIT, LABEL), (NOTHING, NOTHING), (LABEL, np.full_like(LABEL, 255))):
            metric.update(mask, label)
        result = metric.compute()
        assert result["SC"] == pytest.approx(((112 / 120 + 0.45) / 2 + 1) / 2)
        assert result["class_SC"] == pytest.approx([(112 / 120 + 1) / 2, 0.45])
        assert result["components"] == pytest.approx(2 / 3)

    def test_maps_of_two_sizes(self):
        with pytest.raises(ValueError, match="differ in size"):
            semantic_connectivity(LABEL, DIAGONAL, 2)
