"""The index of a batch: a Parquet file for each chunk, written last, so that it says that all of it is there."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from paddleseg.errors import DataError, printable
from paddleseg.files import atomic_path, atomic_write_bytes

INDEX, TIMES, FAILURES = "index", "times", "failures.csv"

_SCHEMA = pa.schema(
    [
        ("name", pa.string()),
        ("height", pa.int32()),
        ("width", pa.int32()),
        ("status", pa.string()),
        ("problem", pa.string()),
        ("hint", pa.string()),
        ("area", pa.float32()),
        ("outputs", pa.list_(pa.string())),
        ("bytes", pa.int64()),
        ("sha256", pa.string()),
        ("remarks", pa.list_(pa.string())),
    ]
)
_TIMES = pa.schema([("name", pa.string()), ("ms", pa.float32())])


@dataclass
class Row:
    """What became of one photo.

    Args:
        name: Below the batch's root.
        height, width: In pixels, as it is seen.
        problem: Why it could not be done; "" where it could. `hint` is one thing to do.
        area: The share of the picture that is no background, 0 to 1, where there is a mask.
        outputs: The files made of it, below the output folder, and `nbytes` of them.
        sha256: Of the photo's file, where files are checked.
        remarks: The doctor's, where files are checked, such as "turned".
        ms: Milliseconds; kept apart from the index, which is the same whenever it is made.
    """

    name: str
    height: int | None = None
    width: int | None = None
    problem: str = ""
    hint: str = ""
    area: float | None = None
    outputs: list[str] = field(default_factory=list)
    nbytes: int = 0
    sha256: str | None = None
    remarks: list[str] = field(default_factory=list)
    ms: float = 0.0

    def plain(self) -> dict[str, Any]:
        """As the index has it; names that are not UTF-8 with their bytes written out."""
        return {
            "name": printable(self.name),
            "height": self.height,
            "width": self.width,
            "status": "failed" if self.problem else "done",
            "problem": printable(self.problem) or None,
            "hint": printable(self.hint) or None,
            "area": self.area,
            "outputs": [printable(output) for output in self.outputs],
            "bytes": self.nbytes,
            "sha256": self.sha256,
            "remarks": self.remarks,
        }


@dataclass(frozen=True)
class Tally:
    """What became of a chunk, or of several."""

    done: int = 0
    failed: int = 0
    nbytes: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.done + other.done, self.failed + other.failed, self.nbytes + other.nbytes)


def part(output: Path, number: int, kind: str = INDEX) -> Path:
    """The file of a chunk."""
    return output / kind / f"part-{number:08d}.parquet"


def write_part(output: Path, number: int, rows: Sequence[Row]) -> Tally:
    """Write a chunk's parts, the index last."""
    failed = sum(bool(row.problem) for row in rows)
    tally = Tally(len(rows) - failed, failed, sum(row.nbytes for row in rows))
    times = [{"name": printable(row.name), "ms": row.ms} for row in rows]
    _write(part(output, number, TIMES), pa.Table.from_pylist(times, _TIMES))
    told = {name: str(value) for name, value in vars(tally).items()}
    table = pa.Table.from_pylist([row.plain() for row in rows], _SCHEMA.with_metadata(told))
    _write(part(output, number), table)
    return tally


def read_tally(path: Path) -> Tally:
    """What a part says of its chunk, read from its end alone.

    Raises:
        DataError: It is none of ours, or damaged.
    """
    try:
        told = parquet.read_schema(path).metadata
        return Tally(*(int(told[name.encode()]) for name in ("done", "failed", "nbytes")))
    except (pa.ArrowException, OSError, KeyError, TypeError, ValueError) as error:
        what = "is no part of a batch's index, or is damaged"
        raise DataError(str(path), what, "delete it; its photos are then done again") from error


def write_failures(output: Path, root: Path, numbers: Sequence[int]) -> None:
    """Write the list of the photos of these chunks that could not be done; a batch takes it as its SOURCE.

    Without any, an older list is deleted.
    """
    path = output / FAILURES
    if not numbers:
        path.unlink(missing_ok=True)
        return
    with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["path", "problem", "hint"])
        for row in failures(output, numbers):
            table.writerow([root / row["name"], row["problem"], row["hint"]])


def failures(output: Path, numbers: Sequence[int]) -> Iterator[dict[str, Any]]:
    """The rows of the photos of these chunks that could not be done."""
    for number in numbers:
        rows = parquet.read_table(part(output, number), columns=["name", "status", "problem", "hint"]).to_pylist()
        yield from (row for row in rows if row["status"] == "failed")


def _write(path: Path, table: pa.Table) -> None:
    content = io.BytesIO()
    parquet.write_table(table, content, compression="zstd")
    atomic_write_bytes(path, content.getvalue())
