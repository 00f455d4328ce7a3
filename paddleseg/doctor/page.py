"""The doctor's findings as one HTML page: figures, findings with pictures, and a sample of each data set.

The page holds all it shows and asks nothing of the network.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from html import escape
from pathlib import Path
from string import Template

import cv2
import numpy as np

from paddleseg.datasets.base import Dataset
from paddleseg.doctor.contact_sheet import samples, tile
from paddleseg.doctor.edges import COARSE
from paddleseg.doctor.findings import Finding, Pair, counted
from paddleseg.doctor.report import Report
from paddleseg.errors import DataError, OutputError, printable
from paddleseg.files import atomic_write_text, is_file
from paddleseg.images.io import read_image

_SHOWN, _ILLUSTRATED, _SAMPLES = 12, 40, 24
_DOCTYPE = b"<!DOCTYPE html>"

_PAGE = Template("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Data report: $title</title>
<style>
:root { color-scheme: light dark; --line: #8884; --bad: #c62828; --good: #2e7d32; --note: #b26a00; --bar: #4a7fd4; }
body { font: 15px/1.45 system-ui, sans-serif; max-width: 1320px; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin-bottom: .2rem } h2 { font-size: 1.15rem; margin-top: 2.2rem }
table { border-collapse: collapse; margin: .5rem 2rem 1rem 0 }
th, td { text-align: right; padding: .2rem .7rem; border-bottom: 1px solid var(--line) }
th:first-child, td:first-child, td:has(.bar) { text-align: left }
.tables { display: flex; flex-wrap: wrap; align-items: flex-start }
.bar { display: inline-block; height: .7em; background: var(--bar); vertical-align: baseline }
article { border-left: 4px solid var(--note); margin: 1rem 0; padding: .2rem 0 .2rem .9rem; overflow-wrap: anywhere }
article.problem { border-color: var(--bad) }
article p { margin: .15rem 0 } .hint { opacity: .8 } .kind { font: 12px monospace; opacity: .6 }
.pictures { display: flex; flex-wrap: wrap; gap: 6px; margin: .5rem 0 }
figure { margin: 0; width: 192px; font-size: 11px; overflow-wrap: anywhere }
figure img { display: block; max-width: 192px } figure div { height: 96px; border: 1px dashed var(--line) }
.verdict { font-weight: 600; color: var(--good) } .verdict.bad { color: var(--bad) }
</style>
</head>
<body>
<h1>Data report</h1>
<p>$title</p>
<p class="verdict$bad">$verdict</p>
<h2>Figures</h2>
<div class="tables">$figures</div>
<p class="hint">Roughness: mean distance, in pixels of a photo of 384, between the label's border and the strongest edge
of the photo across it, for 5, 25, 50, 75 and 95 % of the labels. Careful labels have a median of 1.4 to 1.7, coarse
ones one above $coarse, labels of other photos 3.6.</p>
<h2>Faults</h2>
$problems
<h2>Notes</h2>
$notes
$sheets
</body>
</html>
""")


def refuse_other_file(path: Path) -> None:
    """Raise `OutputError` where there is a file that is no page."""
    if path.is_dir() or (path.exists() and not (is_file(path) and path.read_bytes().startswith(_DOCTYPE))):
        raise OutputError(str(path), "is there already, and is no page of HTML", "choose another name for the page")


def write_page(report: Report, datasets: Mapping[str, Dataset], path: Path, title: str) -> None:
    """Write the page, whole or not at all.

    Raises:
        OutputError: It cannot be written.
    """
    faults, notes = report.problems, report.notes
    sheets = [f"<h2>A sample of {escape(role)}</h2>{_sample(dataset)}" for role, dataset in datasets.items()]
    page = _PAGE.substitute(
        title=escape(title),
        bad=" bad" if faults else "",
        verdict=f"{counted(faults, 'fault')}, {counted(notes, 'note')}" if faults or notes else "No faults found",
        figures=_figures(report),
        coarse=COARSE,
        problems=_findings(faults, datasets, "problem") or "<p>None.</p>",
        notes=_findings(notes, datasets, "note") or "<p>None.</p>",
        sheets="\n".join(sheets),
    )
    atomic_write_text(path, printable(page))


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Cells may hold markup; names in them are escaped already."""
    lines = ["".join(f"<td>{cell}</td>" for cell in row) for row in rows]
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return f"<table><tr>{''.join(f'<th>{name}</th>' for name in head)}</tr>{body}</table>"


def _bar(share: float) -> str:
    return f'<span class="bar" style="width:{120 * share:.0f}px"></span> {100 * share:.1f} %'


def _figures(report: Report) -> str:
    roles = {escape(name): role for name, role in report.roles.items()}
    sizes = _table(
        ["", "pairs", "unreadable", "smallest", "largest", "roughness"],
        [
            (name, role.pairs, role.unreadable, _size(role.smallest), _size(role.largest), _list(role.roughness))
            for name, role in roles.items()
        ],
    )
    classes = _table(
        ["class", "share of pixels", "images that show it"],
        [
            (f"{name} {number}", _bar(share), _bar(images / max(role.pairs, 1)))
            for name, role in roles.items()
            for number, (share, images) in enumerate(zip(role.class_shares, role.class_images, strict=True))
        ],
    )
    shapes = _table(
        ["width : height", "images", ""],
        [
            (f"{name} {shape}", count, _bar(count / max(role.pairs, 1)))
            for name, role in roles.items()
            for shape, count in role.shapes.items()
        ],
    )
    return sizes + classes + shapes


def _size(size: Sequence[int]) -> str:
    return "x".join(map(str, size))


def _list(numbers: Sequence[float]) -> str:
    return " / ".join(f"{number:.1f}" for number in numbers)


def _findings(findings: Sequence[Finding], datasets: Mapping[str, Dataset], style: str) -> str:
    parts = []
    for place, finding in enumerate(findings):
        dataset = datasets.get(finding.role)
        pictures = ""
        if dataset is not None and place < _ILLUSTRATED:
            pictures = _pictures(_figure(pair, dataset) for pair in finding.pairs[:_SHOWN])
        hint = f'<p class="hint">{escape(finding.hint)}</p>' if finding.hint else ""
        parts.append(
            f'<article class="{style}"><p><b>{escape(finding.where)}</b>: {escape(finding.what)} '
            f'<span class="kind">{escape(finding.kind)}</span></p>{hint}{pictures}</article>'
        )
    return "\n".join(parts)


def _sample(dataset: Dataset) -> str:
    return _pictures(
        _image(tile(sample.image, sample.label, dataset.ignore_index), Path(sample.path).name)
        for sample in samples(dataset, _SAMPLES, [])
    )


def _pictures(figures: Iterable[str]) -> str:
    return f'<div class="pictures">{"".join(figures)}</div>'


def _figure(pair: Pair, dataset: Dataset) -> str:
    """Photo and label, as far as they can be shown."""
    if pair.size is None:  # could not be decoded, or should not
        return f"<figure><div></div>{escape(pair.image.name)}</figure>"
    image = read_image(pair.image, dataset.img_channels)
    label = None
    if pair.label is not None and pair.label_digest:  # else the check could not read it, or would not
        with suppress(DataError, OSError):
            label = dataset.read_label(pair.label, pair.size)
    return _image(tile(image, label, dataset.ignore_index), pair.image.name)


def _image(photo: np.ndarray, caption: str) -> str:
    jpeg = cv2.imencode(".jpg", photo[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes()
    source = f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"
    return f'<figure><img src="{source}" alt="">{escape(caption)}</figure>'
