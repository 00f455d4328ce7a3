"""Odd picture files: labels of every depth, photos of other formats and depths, bombs, pipes, folders and lists."""

from __future__ import annotations

import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from paddleseg.errors import DataError, OutputError
from paddleseg.images.io import image_size, list_images, open_picture, read_image, read_label, read_lines
from paddleseg.targets import refuse_overwriting


@pytest.fixture(scope="module")
def photo(mini: Path) -> Image.Image:
    return Image.open(mini / "images" / "000000483667.jpg").convert("RGB").resize((60, 40))


def png(values: np.ndarray, bits: int, kind: int = 0, size: tuple[int, int] | None = None) -> bytes:
    """A PNG written by hand: whole bytes of samples packed to `bits`; `size` lies about (h, w)."""
    rows = b""
    for row in values.reshape(values.shape[0], -1):
        packed = "".join(format(int(value), f"0{bits}b") for value in row)
        packed += "0" * (-len(packed) % 8)
        rows += b"\0" + int(packed, 2).to_bytes(len(packed) // 8, "big")

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    h, w = size or values.shape[:2]
    head = struct.pack(">IIBBBBB", w, h, bits, kind, 0, 0, 0)
    palette = chunk(b"PLTE", bytes(range(48))) + chunk(b"tRNS", b"\0\x80") if kind == 3 else b""
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + palette
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def put(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def saved(path: Path, picture: Image.Image, form: str | None = None, **options) -> Path:
    picture.save(path, form, **options)
    return path


CLASSES = np.arange(64).reshape(8, 8) % 2


class TestLabels:
    @pytest.mark.parametrize("kind", [0, 3])
    @pytest.mark.parametrize("bits", [1, 2, 4, 8])
    def test_pngs_of_every_depth(self, tmp_path: Path, bits: int, kind: int):
        wanted = CLASSES * (2**bits - 1 if kind == 0 else 1)
        np.testing.assert_array_equal(read_label(put(tmp_path / "l.png", png(wanted, bits, kind))), wanted)

    @pytest.mark.parametrize(("kind", "channels"), [(0, 1), (4, 2), (2, 3), (6, 4)])
    def test_sixteen_bits_of_any_channels(self, tmp_path: Path, kind: int, channels: int):
        values = np.repeat(CLASSES[..., None] * 3, channels, axis=2)
        if channels in (2, 4):
            values[..., -1] = 65535
        np.testing.assert_array_equal(read_label(put(tmp_path / "l.png", png(values, 16, kind))), CLASSES * 3)

    @pytest.mark.parametrize("name", ["la.png", "bit.tif", "bit.bmp", "int32.tif", "float.tif", "maxval.pgm"])
    def test_other_forms(self, tmp_path: Path, name: str):
        classes = CLASSES.astype(np.uint8)
        path = tmp_path / name
        if name == "maxval.pgm":
            put(path, b"P5 8 8 1\n" + classes.tobytes())
        else:
            pictures = {
                "la": Image.merge("LA", [Image.fromarray(classes), Image.fromarray(np.full_like(classes, 255))]),
                "bit": Image.fromarray(classes.astype(bool)),
                "int32": Image.fromarray(classes.astype(np.int32)),
                "float": Image.fromarray(classes.astype(np.float32)),
            }
            saved(path, pictures[path.stem])
        np.testing.assert_array_equal(read_label(path), CLASSES)

    @pytest.mark.parametrize(
        ("value", "says"), [(np.nan, "holds nan in 1 pixels"), (0.5, "0.5"), (-1, "class -1"), (300, "300")]
    )
    def test_what_is_no_class_is_refused(self, tmp_path: Path, value: float, says: str):
        values = CLASSES.astype(np.float32)
        values[2, 3] = value
        with pytest.raises(DataError, match=says):
            read_label(saved(tmp_path / "l.tif", Image.fromarray(values)))

    def test_a_mask_in_the_alpha_channel_is_named(self, tmp_path: Path):
        alpha = (CLASSES * 255).astype(np.uint8)
        picture = Image.merge("LA", [Image.fromarray(np.zeros_like(alpha)), Image.fromarray(alpha)])
        with pytest.raises(DataError, match="the mask in its alpha channel"):
            read_label(saved(tmp_path / "l.png", picture))


class TestPhotos:
    @pytest.mark.parametrize("turn", range(1, 9))
    @pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
    def test_the_turn_is_applied_once_and_the_size_agrees(
        self, tmp_path: Path, photo: Image.Image, form: str, turn: int
    ):
        exif = Image.Exif()
        exif[0x0112] = turn
        path = saved(tmp_path / "photo", photo, form, exif=exif, quality=100)
        mark = Image.open(path)
        wanted = np.asarray(ImageOps.exif_transpose(mark).convert("RGB")).astype(int)
        image = read_image(path)
        assert image.shape[:2] == image_size(path) == wanted.shape[:2]
        assert np.abs(image - wanted).mean() < 3
        assert np.abs(np.asarray(open_picture(path).convert("RGB")) - wanted).mean() < 1

    @pytest.mark.parametrize(
        ("form", "options"), [("GIF", {}), ("WEBP", {"lossless": True}), ("PNG", {}), ("TIFF", {})]
    )
    def test_of_several_pictures_the_first_is_read_and_that_is_said(
        self, tmp_path: Path, photo: Image.Image, form: str, options: dict, capsys: pytest.CaptureFixture
    ):
        path = saved(tmp_path / "many", photo, form, save_all=True, append_images=[photo.rotate(180)], **options)
        wanted = np.asarray(Image.open(path).convert("RGB")).astype(int)
        assert np.abs(read_image(path) - wanted).max() <= 1
        read_image(path)
        assert capsys.readouterr().err.count("only the first one is read") == 1

    def test_sixteen_bits_that_are_dark_reach_white_and_that_is_said(
        self, tmp_path: Path, photo: Image.Image, capsys: pytest.CaptureFixture
    ):
        grey = np.asarray(photo.convert("L")).astype(np.uint16)
        values = np.rint(grey / grey.max() * 10000).astype(np.uint16)
        path = saved(tmp_path / "raw.png", Image.fromarray(values))
        image = read_image(path, channels=1)[..., 0]
        assert np.abs(image.astype(int) - np.rint(grey / grey.max() * 255)).max() <= 1
        assert "its largest value, 10,000, becomes white" in capsys.readouterr().err
        np.testing.assert_array_equal(read_image(saved(tmp_path / "8.png", Image.fromarray(grey)), 1)[..., 0], grey)

    def test_floats_are_refused(self, tmp_path: Path, photo: Image.Image):
        path = saved(tmp_path / "f.tif", photo.convert("F"))
        with pytest.raises(DataError, match="float32 values"):
            read_image(path)
        for start in (b"#?RADIANCE\n", b"PF\n4 4\n-1.0\n"):
            with pytest.raises(DataError, match="floating-point values"):
                image_size(put(tmp_path / "f.hdr", start))

    @pytest.mark.parametrize("form", ["JPEG", "GIF", "BMP", "JPEG2000", "PPM", "AVIF", "QOI"])
    def test_content_and_not_the_name_says_what_it_is(self, tmp_path: Path, photo: Image.Image, form: str):
        path = saved(tmp_path / "photo.xyz", photo, form)
        assert read_image(path).shape == (40, 60, 3) and image_size(path) == (40, 60)

    def test_what_was_damaged_is_refused_or_read(self, tmp_path: Path, photo: Image.Image):
        rng = np.random.default_rng(3)
        for form in ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF"):
            stream = io.BytesIO()
            photo.save(stream, form)
            content = stream.getvalue()
            broken = [content[: len(content) * k // 8] for k in range(8)]
            for _ in range(25):
                changed = bytearray(content)
                changed[int(rng.integers(len(content)))] = int(rng.integers(256))
                broken.append(bytes(changed))
            for case in broken:
                path = put(tmp_path / "broken", case)
                for read in (read_image, read_label, image_size, open_picture):
                    try:
                        read(path)
                    except DataError as error:
                        assert error.problems[0].hint


class TestNothingHangsOrExplodes:
    READERS = (read_image, read_label, image_size, open_picture)

    @pytest.mark.parametrize("read", READERS)
    def test_bombs_are_refused_before_they_are_decoded(self, tmp_path: Path, photo: Image.Image, read):
        small = np.zeros((2, 2), int)
        stream = io.BytesIO()
        photo.save(stream, "JPEG")
        jpeg = bytearray(stream.getvalue())
        place = jpeg.index(b"\xff\xc0") + 5
        jpeg[place : place + 4] = struct.pack(">HH", 65000, 65000)
        for content in (png(small, 8, size=(30000, 30000)), png(small, 1, 3, size=(30000, 30000)), bytes(jpeg)):
            with pytest.raises(DataError, match=r"pixels; no more than 268,435,456 in all"):
                read(put(tmp_path / "bomb", content))

    @pytest.mark.parametrize("read", [*READERS, read_lines, list_images])
    def test_only_files_of_a_bounded_size_are_read(self, tmp_path: Path, read):
        os.mkfifo(tmp_path / "pipe")
        (tmp_path / "link").symlink_to("/dev/zero")
        with (tmp_path / "sparse.txt").open("wb") as file:
            file.truncate(1 << 40)
        for name in ("pipe", "link", "sparse.txt", "nul\0byte", "n" * 300, "\udce9.jpg"):
            with pytest.raises(DataError):
                read(tmp_path / name)


class TestListing:
    def test_what_lies_beside_the_images_is_counted_and_named(self, tmp_path: Path, photo: Image.Image):
        folder = tmp_path / "in"
        (folder / ".hidden").mkdir(parents=True)
        (folder / "Sub").mkdir()
        taken = ["a.jfif", "b.gif", "c.avif", "d.jp2", "e.TIF", "f.JPG", "g"]
        for name in taken:
            saved(folder / name, photo, {"c.avif": "AVIF", "d.jp2": "JPEG2000"}.get(name, "PNG"))
        for name in ("._f.JPG", "Thumbs.db", "notes", ".hidden/h.jpg"):
            put(folder / name, b"\0\5\26\7")
        os.mkfifo(folder / "pipe.jpg")
        (tmp_path / "elsewhere").mkdir()
        saved(tmp_path / "elsewhere" / "far.png", photo)
        (folder / "linked").symlink_to(tmp_path / "elsewhere")
        (folder / "Sub" / "up").symlink_to(folder)
        found = list_images(folder)
        assert [name for _, name in found] == sorted([*taken, "linked/far.png"])
        names = [path.name for path in found.passed_over]
        assert sorted(names) == sorted(["._f.JPG", ".hidden", "Thumbs.db", "notes", "pipe.jpg", "up"])
        assert found.remark().startswith("Passed over 6 files that are no images: ._f.JPG, ")

    def test_names_that_are_not_utf8(self, tmp_path: Path, photo: Image.Image):
        path = tmp_path / os.fsdecode(b"caf\xe9.png")
        saved(path, photo)
        assert [name for _, name in list_images(tmp_path)] == [path.name]
        assert read_image(path).shape == (40, 60, 3)

    @pytest.mark.parametrize(
        ("line", "separator"),
        [
            ("my photo (1).png", None),
            ("my photo (1).png my mask (1).png", None),
            ("my photo (1).png,my mask (1).png", None),
            ("my photo (1).png\tmy mask (1).png", None),
            ('"my photo (1).png" "my mask (1).png"', None),
            ("my photo (1).png ; my mask (1).png", ";"),
            ("my photo (1).png", " "),
        ],
    )
    def test_lists_with_blanks_in_names(self, tmp_path: Path, photo: Image.Image, line: str, separator: str | None):
        path = saved(tmp_path / "my photo (1).png", photo)
        (tmp_path / "list.txt").write_text(f"{line}\n")
        assert list_images(tmp_path / "list.txt", separator) == [(path, "my photo (1).png")]


class TestTargets:
    def test_inputs_are_never_written_over(self, tmp_path: Path):
        photo = put(tmp_path / "a.jpg", b"photo")
        (tmp_path / "soft").symlink_to(photo)
        os.link(photo, tmp_path / "hard")
        other = put(tmp_path / "b.jpg", b"other")
        refuse_overwriting([photo], [other, tmp_path / "new.png", "nul\0", "../nul\0", "n" * 300])
        for target in (photo, tmp_path / "soft", tmp_path / "hard", tmp_path / "not yet" / ".." / "a.jpg"):
            with pytest.raises(OutputError, match="would be written over an input"):
                refuse_overwriting([photo], [target])
