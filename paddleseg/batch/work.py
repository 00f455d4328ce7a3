"""What a process of a batch does: pictures of photos, and the index of a chunk. Both engines call these functions."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Thread
from typing import Any

import cv2
import numpy as np

from paddleseg import compiled
from paddleseg.batch.index import Row, Tally, write_part
from paddleseg.batch.photos import Photo
from paddleseg.batch.settings import SOFT, Settings
from paddleseg.doctor.files import file_facts, remarkable
from paddleseg.errors import ConfigError, DataError, OutputError, UserError
from paddleseg.files import cannot_write, read_bytes
from paddleseg.images import compositing
from paddleseg.images.color import to_srgb
from paddleseg.images.io import read_image, write_png
from paddleseg.inference.outputs import Writer, as_png, card_palette
from paddleseg.inference.pictures import is_of_one_name
from paddleseg.inference.predictor import SegResult
from paddleseg.inference.soft_labels import predictor_of, soft_label

STARTED = ".started"
"""Below the output folder: empty files that name a chunk and the process that works on it."""
_BLANK = (64, 64, 3)

Job = Callable[..., Any]
"""A function of this file: gets the settings, something that is the engine's own, and its arguments."""


def probe(settings: Settings, _engine: object) -> None:
    """Open the models and try them, so that what is wrong with them is said before any photo is touched.

    Raises:
        UserError: They cannot be used as asked.
    """
    _maker(settings).probe()


def whole(settings: Settings, engine: object, number: int, photos: Sequence[Photo]) -> Tally:
    """Do a chunk.

    Raises:
        OutputError: The disk is full, or the folder takes no more files.
    """
    return finish(settings, engine, number, some(settings, engine, number, photos))


def some(settings: Settings, _engine: object, number: int, photos: Sequence[Photo]) -> list[Row]:
    """Do photos of a chunk, and leave its index to `finish`."""
    with _marked(Path(settings.output), number):
        return [_maker(settings).row(photo) for photo in photos]


def finish(settings: Settings, _engine: object, number: int, rows: Sequence[Row]) -> Tally:
    """Write the index of a chunk whose pictures are there."""
    output = Path(settings.output)
    with _marked(output, number):
        return write_part(output, number, rows)


@contextmanager
def _marked(output: Path, number: int) -> Iterator[None]:
    """Leave a mark while files are written: where it is left for ever, so may unfinished ones be."""
    mark = output / STARTED / f"{number}-{os.getpid()}"
    try:
        mark.touch()
    except OSError as error:
        raise cannot_write(mark, error) from error
    try:
        yield
    finally:
        mark.unlink(missing_ok=True)


@lru_cache(maxsize=1)
def _maker(settings: Settings) -> _Maker:
    parent = multiprocessing.parent_process()
    if parent is not None:  # None for an actor, which Ray ends
        Thread(target=_end_after, args=(parent,), daemon=True).start()
    return _Maker(settings)


def _end_after(parent: BaseProcess) -> None:
    """End this process when its parent has ended, in the midst of a chunk too."""
    parent.join()
    os._exit(1)


class _Maker:
    """The models, opened once in a process."""

    def __init__(self, settings: Settings) -> None:
        # Processes share the cores, so none takes several.
        cv2.setNumThreads(1)
        compiled.load()
        self.settings, self.output = settings, Path(settings.output)
        self.soft = [predictor_of(source, threads=1) for source in settings.soft_models]
        self.predictor = predictor_of(settings.model, settings.runtime, 1) if settings.model else None
        if self.predictor is not None:
            card = self.predictor.card
            background = compositing.background_from(settings.background) if settings.background else None
            # Only independent classes have files of their own.
            classes = card.classes if card.output.multilabel else []
            colors, greys = card_palette(card), settings.mask_values
            self.writer = Writer(self.output, settings.outputs, colors, background, classes=classes, mask_values=greys)

    def probe(self) -> None:
        blank = np.zeros(_BLANK, np.uint8)
        if self.soft:
            soft_label(self.soft, blank)
        if self.predictor is not None:
            card, greys = self.predictor.card, self.settings.mask_values
            if greys and len(greys) < max(len(card.classes), 2):
                what = f"gives {len(greys)} values for {len(card.classes)} classes"
                raise ConfigError("--mask_values", what, "give one value for each class")
            self.predictor(blank[..., : card.input.channels]).mask  # noqa: B018 (raises where the card makes none)

    def row(self, photo: Photo) -> Row:
        """Do a photo; what is wrong with it is in the row.

        Raises:
            OutputError: The disk is full, or the folder takes no more files.
        """
        start, row = time.perf_counter(), Row(photo.name)
        try:
            self._fill(row, photo, Path(self.settings.root, photo.name))
        except UserError as error:
            if isinstance(error, OutputError) and not is_of_one_name(error):
                raise
            row.problem, row.hint = error.problems[0].what, error.problems[0].hint
        except Exception as error:  # one photo of a million, on which a decoder or we fail
            row.problem = f"ends in {type(error).__name__}: {error}"
            row.hint = "report it with the photo: it is a fault of ours"
        row.ms = 1000 * (time.perf_counter() - start)
        return row

    def _fill(self, row: Row, photo: Photo, path: Path) -> None:
        image = self._checked(row, path) if self.settings.check else read_image(path, self._channels)
        row.height, row.width = image.shape[:2]
        targets: list[Path] = []
        if self.soft:
            targets = [as_png(self.output / SOFT / photo.out)]
            write_png(targets[0], soft_label(self.soft, image, self.settings.most_spread))
        if self.predictor is not None:
            result = self.predictor(image)
            self.writer(photo.out, to_srgb(image, path), result)
            row.area = _area(result)
            targets += self.writer.targets(photo.out)
        for target in filter(Path.is_file, targets):
            row.outputs.append(target.relative_to(self.output).as_posix())
            row.nbytes += target.stat().st_size

    @property
    def _channels(self) -> int:
        return self.predictor.card.input.channels if self.predictor else 3

    def _checked(self, row: Row, path: Path) -> np.ndarray:
        """The photo, once the doctor has looked at its file."""
        try:
            facts = file_facts(path)
            row.sha256 = hashlib.sha256(read_bytes(path)).hexdigest()
        except OSError as error:
            raise DataError(str(path), f"cannot be read: {error.strerror or error}", "correct the list") from error
        image = read_image(path, self._channels)
        row.remarks = remarkable(facts, image.shape[:2], self._channels)
        if facts.frames > 1:
            row.remarks.append("frames")
        if (image == image[0, 0]).all():
            row.remarks.append("blank")
        return image


def _area(result: SegResult) -> float:
    """The share of a picture that is no background; of independent classes, that any of them covers."""
    shown = result.mask > 0
    return float((shown if shown.ndim == 2 else shown.any(axis=0)).mean())
