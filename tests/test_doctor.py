"""The data doctor names every fault of a broken copy of real photos in one run, and changes nothing."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import shutil
import time
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from paddleseg.cli.main import main
from paddleseg.datasets import Dataset
from paddleseg.doctor.data import check_sample, examine
from paddleseg.doctor.findings import Pair
from paddleseg.doctor.fix import repair
from paddleseg.doctor.labels import content_findings
from paddleseg.errors import DataError
from paddleseg.images.io import read_image, read_label

CONFIG = """
train_dataset: {{type: Dataset, dataset_root: {root}, train_path: {root}/train.txt, num_classes: 2}}
val_dataset: {{type: Dataset, dataset_root: {root}, val_path: {root}/{val}, num_classes: 2{more}}}
"""


def write_config(root: Path, val: str = "val.txt", more: str = "") -> Path:
    path = root.parent / f"{root.name}.yml"
    path.write_text(CONFIG.format(root=root, val=val, more=more), encoding="utf-8")
    return path


def names(mini: Path, list_file: str) -> list[str]:
    return [Path(line.split()[0]).stem for line in (mini / list_file).read_text().splitlines()]


def copy(mini: Path, root: Path, list_file: str, count: int) -> list[str]:
    """The first pairs of a list, with the list."""
    stems = names(mini, list_file)[:count]
    for folder, suffix in (("images", "jpg"), ("masks", "png")):
        (root / folder).mkdir(parents=True, exist_ok=True)
        for stem in stems:
            shutil.copyfile(mini / folder / f"{stem}.{suffix}", root / folder / f"{stem}.{suffix}")
    (root / list_file).write_text("".join(f"images/{stem}.jpg masks/{stem}.png\n" for stem in stems))
    return stems


def change_mask(root: Path, stem: str, change) -> None:
    path = root / "masks" / f"{stem}.png"
    Image.fromarray(change(read_label(path))).save(path)


def digests(root: Path) -> dict[str, str]:
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in root.rglob("*") if path.is_file()}


@pytest.fixture
def good(mini: Path, tmp_path: Path) -> Path:
    root = tmp_path / "good"
    copy(mini, root, "train.txt", 12)
    copy(mini, root, "val.txt", 6)
    return root


def break_everything(mini: Path, root: Path) -> dict[str, str]:
    """Break the training pairs, each in its own way; what the report should say, by fault."""
    stems = iter(copy(mini, root, "train.txt", 20))
    said = {}

    gone, unlabelled, text, cut, colour, other, seven, mask, empty, shared = (next(stems) for _ in range(10))
    (root / "images" / f"{gone}.jpg").unlink()
    said["missing image"] = f"{gone}.jpg: cannot be read: No such file"
    # Its label is broken as well, which the same run has to find.
    (root / "masks" / f"{gone}.png").write_bytes(b"")
    said["label of the missing image"] = f"{gone}.png: is empty"
    (root / "masks" / f"{unlabelled}.png").unlink()
    said["missing label"] = f"{unlabelled}.png: cannot be read: No such file"
    (root / "images" / f"{text}.jpg").write_text("<html>404</html>")
    said["text"] = f"{text}.jpg: is text, not an image"
    photo = root / "images" / f"{cut}.jpg"
    photo.write_bytes(photo.read_bytes()[:-3000])
    said["truncated"] = f"{cut}.jpg: is truncated"
    Image.fromarray(read_image(root / "images" / f"{colour}.jpg")).save(root / "masks" / f"{colour}.png")
    said["colour mask"] = f"{colour}.png: is a colour picture, not a mask"
    change_mask(root, other, lambda label: label[: label.shape[0] // 2])
    said["size"] = f"{other}.png: is "
    change_mask(root, seven, lambda label: np.where(np.arange(label.size).reshape(label.shape) < 30, 7, label))
    said["value"] = f"train: labels: value 7 is no class: 30 pixels in 1 label ({seven}.png)"
    change_mask(root, mask, lambda label: label * 255)
    said["0 and 255"] = f"255 but no 1 in 1 label ({mask}.png)"
    change_mask(root, empty, lambda label: label * 0)
    said["background"] = f"nothing but background in 1 label, 5 % ({empty}.png)"

    first = copy(mini, root, "val.txt", 5)
    shutil.copyfile(root / "images" / f"{shared}.jpg", root / "images" / f"{first[0]}.jpg")
    shutil.copyfile(root / "masks" / f"{shared}.png", root / "masks" / f"{first[0]}.png")
    said["shared"] = f"train and val: have 1 picture in common ({shared}.jpg = {first[0]}.jpg)"
    with (root / "train.txt").open("a") as lines:
        lines.write("images/lonely.jpg\n")
    said["line"] = "train.txt:21: 1 column instead of `image label`: 'images/lonely.jpg'"
    return said


def test_every_fault_is_named_in_one_run(mini: Path, tmp_path: Path, capsys):
    root = tmp_path / "broken"
    said = break_everything(mini, root)
    before = digests(root)
    assert main(["doctor", "data", str(write_config(root)), "--save_dir", str(tmp_path / "out")]) == 2
    captured = capsys.readouterr()
    text = captured.out + captured.err
    assert [fault for fault, words in said.items() if words not in text] == []
    assert "Traceback" not in text and "No faults found" not in text
    assert captured.err.count("hint: ") == len(captured.err.splitlines()) // 2 == 11
    assert digests(root) == before
    assert read_image(tmp_path / "out" / "contact_sheet.png").shape == (3 * 206, 6 * 192, 3)


def test_good_data_are_found_good(good: Path, tmp_path: Path, capsys):
    assert main(["doctor", "data", str(write_config(good)), "--save_dir", str(tmp_path / "out")]) == 0
    text = capsys.readouterr().out
    assert "No faults found." in text and "note:" not in text
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["contact_sheet.png"]


def test_masks_of_0_and_255_get_a_cure_that_works(good: Path, tmp_path: Path, capsys):
    for stem in names(good, "val.txt"):
        change_mask(good, stem, lambda label: label * 255)
    arguments = ["--save_dir", str(tmp_path / "out")]
    assert main(["doctor", "data", str(write_config(good)), *arguments]) == 2
    text = capsys.readouterr().err
    assert "val: labels: 0 and 255 but no 1, so nobody, in 6 labels" in text
    assert "hint: add `label_map: {255: 1}` to the data set" in text and len(text.splitlines()) == 2
    cured = write_config(good, more=", label_map: {255: 1}")
    assert main(["doctor", "data", str(cured), *arguments]) == 0


def test_a_missing_list_does_not_hide_the_other_data_set(good: Path, tmp_path: Path, capsys):
    (good / "images" / f"{names(good, 'train.txt')[0]}.jpg").unlink()
    arguments = ["doctor", "data", str(write_config(good, val="gone.txt")), "--save_dir", str(tmp_path / "out")]
    assert main([*arguments, "--json"]) == 2
    found = json.loads(capsys.readouterr().out)
    assert [problem["what"] for problem in found["problems"]] == [
        "there is no such list file",
        "cannot be read: No such file or directory",
    ]
    assert found["problems"][0]["where"] == f"val: {good}/gone.txt"
    assert found["roles"]["train"]["pairs"] == 12 and found["roles"]["train"]["unreadable"] == 1
    assert sum(found["roles"]["train"]["class_shares"]) == pytest.approx(1)


def test_labels_without_anybody_are_a_fault(good: Path):
    for stem in names(good, "val.txt"):
        change_mask(good, stem, lambda label: label * 0)
    report = examine({"val": Dataset("val", good, val_path=good / "val.txt")})
    assert [str(problem) for problem in report.problems] == [
        "val: labels: all are background from border to border\n  hint: check the label files"
    ]


def test_soft_masks_are_one_fault(good: Path):
    for stem in names(good, "val.txt")[:2]:
        change_mask(good, stem, lambda label: (np.linspace(0, 250, label.size).reshape(label.shape)).astype(np.uint8))
    report = examine({"val": Dataset("val", good, val_path=good / "val.txt")})
    assert len(report.problems) == 1
    assert "249 values between 2 and 250 are no class: 2 labels" in report.problems[0].what


def test_training_looks_at_a_sample_first(good: Path, capsys):
    train = Dataset("train", good, train_path=good / "train.txt")
    change_mask(good, names(good, "train.txt")[3], lambda label: label * 0)
    train.entries *= 3  # `--repeats 3`
    check_sample({"train": train})
    assert capsys.readouterr().out.startswith("Data: train: labels: nothing but background in 1 label, 8 %")
    change_mask(good, names(good, "train.txt")[0], lambda label: label * 9)
    with pytest.raises(DataError, match="value 9 is no class"):
        check_sample({"train": train})
    check_sample({"train": train}, skipping=["train"])  # training leaves that one out
    for stem in names(good, "train.txt"):
        change_mask(good, stem, lambda label: label * 0)
    with pytest.raises(DataError, match="all are background"):
        check_sample({"train": train}, skipping=["train"])
    assert examine({"train": train}, sample=5).roles["train"].pairs == 5


def test_the_look_before_training_is_quick(mini: Path, tmp_path: Path):
    stems = names(mini, "train.txt")
    lines = []
    for number in range(3000):
        stem, detour = stems[number % len(stems)], "images/../" * (number // len(stems))
        lines.append(f"{detour}images/{stem}.jpg {detour}masks/{stem}.png\n")
    (tmp_path / "train.txt").write_text("".join(lines))
    train = Dataset("train", mini, train_path=tmp_path / "train.txt")
    assert len(set(train.entries)) == 3000
    start = time.process_time()
    check_sample({"train": train})
    assert time.process_time() - start < 2


def test_page_holds_all_it_shows(mini: Path, tmp_path: Path, capsys):
    root = tmp_path / "broken"
    break_everything(mini, root)
    page = tmp_path / "out" / "page.html"
    arguments = ["doctor", "data", str(write_config(root)), "--save_dir", str(tmp_path / "out"), "--html", str(page)]
    assert main(arguments) == 2
    reader = PageReader()
    reader.feed(page.read_text(encoding="utf-8"))
    assert reader.open == [], "every element is closed"
    assert reader.sources and all(source.startswith("data:image/jpeg;base64,") for source in reader.sources)
    decoded = [base64.b64decode(source.partition(",")[2]) for source in reader.sources]
    assert all(max(Image.open(io.BytesIO(picture)).size) == 192 for picture in decoded)
    assert len(decoded) > 20 and "http" not in page.read_text()
    said = capsys.readouterr().err.splitlines()
    for line in said:
        # What the terminal said stands on the page too, names with < and > included.
        assert line.removeprefix("  hint: ") in reader.text
    assert "class" in reader.text and "3:4" in reader.text
    assert sorted(path.name for path in page.parent.iterdir()) == ["contact_sheet.png", "page.html"]


class PageReader(HTMLParser):
    """Text, pictures and unclosed elements of a page."""

    def __init__(self):
        super().__init__()
        self.open: list[str] = []
        self.sources: list[str] = []
        self.text = ""

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        assert not {"href", "srcset", "action"} & given.keys() and tag not in ("script", "link", "iframe")
        if tag == "img":
            self.sources.append(given["src"])
        elif tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def test_fix_writes_a_set_without_faults_to_a_new_folder(mini: Path, tmp_path: Path, capsys):
    root, fixed = tmp_path / "broken", tmp_path / "fixed"
    break_everything(mini, root)
    with (root / "val.txt").open("a") as lines:
        lines.write("./" + (root / "val.txt").read_text().splitlines()[1] + "\n")
    for stem in names(root, "val.txt")[1:]:
        change_mask(root, stem, lambda label: label * 255 if label.max() == 1 else label)
    before = digests(root)
    config = write_config(root)
    arguments = ["--save_dir", str(tmp_path / "out")]
    assert main(["doctor", "data", str(config), *arguments, "--fix", str(fixed)]) == 2
    said = capsys.readouterr().out
    assert digests(root) == before
    changes = (fixed / "changes.txt").read_text().splitlines()
    assert set(changes) <= set(said.splitlines())
    # 20 pairs: without image, without label, text, cut, in colours, of another size, with a 7, and shared with val.
    assert len((fixed / "train.txt").read_text().splitlines()) == 12
    assert sum(line.startswith(f"train: left out {root}/images/") for line in changes) == 8
    wrong = (root / "train.txt").read_text().splitlines()[20]
    assert f"train: left out line 21 of {root}/train.txt, which is no pair: {wrong}" in changes
    assert "val: took out 1 repeated line" in "\n".join(changes)
    assert len((fixed / "val.txt").read_text().splitlines()) == 5

    repaired = tmp_path / "repaired.yml"
    repaired.write_text(
        config.read_text().replace(f"{root}/train.txt", f"{fixed}/train.txt").replace(f"{root}/val", f"{fixed}/val")
    )
    assert main(["doctor", "data", str(repaired), *arguments]) == 0
    labels = sorted(path for path in (fixed / "labels").rglob("*.png"))
    assert len(labels) == 5 and all(set(np.unique(read_label(path))) == {0, 1} for path in labels)

    assert main(["doctor", "data", str(config), *arguments, "--fix", str(fixed)]) == 2
    assert "exists and is not empty" in capsys.readouterr().err
    assert (fixed / "changes.txt").read_text().splitlines() == changes


def test_fix_names_every_pair_and_the_file_at_fault(good: Path, tmp_path: Path, capsys):
    train = [line.split() for line in (good / "train.txt").read_text().splitlines()]
    val = [line.split() for line in (good / "val.txt").read_text().splitlines()]
    for _, label in train[:5]:  # so many that the report tells of one
        (good / label).write_bytes(b"hello")
    shutil.copyfile(good / train[6][0], good / val[2][0])
    shutil.copyfile(good / train[6][1], good / val[2][1])
    # Two labels of 0 and 255 whose names would be one, and a pair whose names hold blanks.
    for place, name in ((7, "masks/twin.tif"), (8, "masks/twin.png")):
        Image.fromarray(read_label(good / train[place][1]) * 255).save(good / name)
        train[place][1] = name
    (good / train[9][0]).rename(good / "images/my photo.jpg")
    (good / train[9][1]).rename(good / "masks/my mask.png")
    lines = [" ".join(pair) for pair in train]
    lines[9] = '"images/my photo.jpg" "masks/my mask.png"'
    (good / "train.txt").write_text("\n".join([*lines, lines[10], "a b c d"]) + "\n")
    fixed = tmp_path / "fixed"
    config = write_config(good, val="gone.txt")
    config.write_text(
        config.read_text() + f"test_dataset: {{type: Dataset, dataset_root: {good}, test_path: val.txt}}\n"
    )
    assert main(["doctor", "data", str(config), "--save_dir", str(tmp_path / "out"), "--fix", str(fixed)]) == 2
    changes = (fixed / "changes.txt").read_text()
    for image, label in train[:5]:
        assert f"left out {good / image} {good / label}: " in changes
        assert f"{good / label}: is text, not an image" in changes
    assert f"left out {good / train[6][0]} {good / train[6][1]}" in changes
    assert f"the other has it as {good / val[2][0]}" in changes
    assert f"train: took out 1 repeated line: {good / train[10][0]}" in changes
    assert f"train: left out line 14 of {good / 'train.txt'}, which is no pair: a b c d" in changes
    assert "val: no list was written: " in changes and "gone.txt" in changes
    written = (fixed / "train.txt").read_text().splitlines()
    assert lines[9] in written and len(written) == 6
    twins = [Path(line.split()[1]) for line in written if "twin" in line]
    assert len({path.name for path in twins}) == 2
    for place, path in zip((7, 8), twins, strict=True):
        original = read_label(good / f"masks/twin.{'tif' if place == 7 else 'png'}")
        np.testing.assert_array_equal(read_label(good / path), original // 255)


def test_fix_leaves_out_what_no_list_can_name(good: Path, tmp_path: Path):
    dataset = Dataset("train", good, train_path="train.txt")
    image, label = dataset.entries[3]
    dataset.entries[3] = image.rename(good / "images/two\nlines.jpg"), label
    changes = repair(examine({"train": dataset}), {"train": dataset}, tmp_path / "fixed")
    assert sum("left out images/two\nlines.jpg" in line and "cannot stand in a list" in line for line in changes) == 1
    assert len((tmp_path / "fixed/train.txt").read_text().splitlines()) == 11


def test_a_close_up_among_many_is_a_note(good: Path):
    def pair(number: int, background: int) -> Pair:
        counts = np.bincount([0] * background + [1] * 50, minlength=256)
        return Pair(Path(f"{number}.jpg"), Path(f"{number}.png"), size=(100, 100), counts=counts)

    data = Dataset("train", good, train_path="train.txt")
    pairs = [pair(0, background=0), *(pair(number, background=50) for number in range(1, 100))]
    problems, notes = content_findings(pairs, data)
    assert not problems and [finding.kind for finding in notes] == ["labels.close"]
    problems, notes = content_findings(pairs[:99], data)
    assert not notes and [finding.kind for finding in problems] == ["labels.full"]
    assert problems[0].pairs[0] is pairs[0]


def test_mattes_may_be_jpegs(good: Path):
    class Mattes(Dataset):
        def read_label(self, path, size):
            return (super().read_label(path, size) > 127).astype(np.uint8)

    lines = []
    for line in (good / "val.txt").read_text().splitlines():
        image, label = line.split()
        Image.fromarray(read_label(good / label) * 255).save((good / label).with_suffix(".jpg"))
        lines.append(f"{image} {Path(label).with_suffix('.jpg')}\n")
    (good / "val.txt").write_text("".join(lines))
    plain, mattes = (kind("val", good, val_path="val.txt") for kind in (Dataset, Mattes))
    assert {"labels.jpeg", "labels.strange"} == {finding.kind for finding in examine({"val": plain}).problems}
    assert examine({"val": mattes}).problems == []
