"""Write docs/reference/models.md from the cards of the published weights, so that no figure in it is typed.

python tools/docs/model_table.py            # write the page
python tools/docs/model_table.py --check    # exit 1 if the page is not what the cards give
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from paddleseg import zoo
from paddleseg.card import Card, Score, read_card
from paddleseg.files import atomic_write_text

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference/models.md"
_MEASURES = {
    "mIoU": "mIoU",
    "foreground_IoU": "foreground IoU",
    "boundary_IoU": "boundary IoU",
    "SC": "SC",
    "SC_without_specks": "SC without specks",
    "worst_tenth": "worst tenth",
    "components": "components",
    "flicker": "flicker",
}
_INTRODUCTION = """# Models with published weights

<!-- Written by tools/docs/model_table.py from the cards in paddleseg/zoo/; change those. -->

```bash
paddleseg zoo list                                    # what there is
paddleseg zoo show pp_humanseg_v1_lite                # a card
paddleseg zoo get pp_humanseg_v1_lite --save_dir .    # weights, ONNX graph where there is one, and card
```

In a configuration: `pretrained: zoo://NAME`. In Python: `Predictor.from_zoo(NAME)`, or on a machine without Paddle
`Predictor.from_zoo(NAME, "onnx")`. Weights that are not in the package are fetched on first use into `$PADDLESEG_HOME`
(`~/.cache/paddleseg`) and checked against the card; offline, the message says which file to put where.

Figures were measured with the commands below them; `$DATA` is the folder of the data set. Shares are in percent, sizes
h x w. A multiply-add counts one; times are of the network alone, batch 1, and "CPU ms" is the processor
time of all threads, which other programs on the machine lengthen less.
"""


def page() -> str:
    """The whole page."""
    cards = [read_card(zoo.card_path(uri.removeprefix("zoo://"))) for uri in zoo.names()]
    tables = [overview([card for card in cards if card.measured.scores])]
    mattes = [card for card in cards if card.measured.mattes]
    if mattes:
        tables += ["Networks that give mattes:\n", overview_of_mattes(mattes)]
    return "\n".join([_INTRODUCTION, *tables, *(section(card) for card in cards)])


def overview(cards: Sequence[Card]) -> str:
    """One row for each card; mIoU on every data set that all of them were measured on."""
    measured = [[score.data for score in card.measured.scores] for card in cards]
    common = [data for data in measured[0] if all(data in others for others in measured)]
    titles = [
        "name",
        "task",
        "input",
        "parameters",
        "M multiply-adds",
        *(f"mIoU, {data}" for data in common),
        "licence",
    ]
    rows = []
    for card in cards:
        scores = {score.data: score.mIoU for score in card.measured.scores}
        rows.append([*_facts(card), *(_percent(scores[data]) for data in common), card.licence])
    return table(titles, rows)


def overview_of_mattes(cards: Sequence[Card]) -> str:
    """One row for each card; mean squared errors on every data set that the first of them was measured on."""
    data = [score.data for score in cards[0].measured.mattes]
    rows = []
    for card in cards:
        errors = {score.data: f"{score.MSE:.4g}" for score in card.measured.mattes}
        rows.append([*_facts(card), *(errors.get(name, "") for name in data), card.licence])
    titles = ["name", "task", "input", "parameters", "M multiply-adds", *(f"MSE, {name}" for name in data), "licence"]
    return table(titles, rows)


def _facts(card: Card) -> list[str]:
    facts = [f"[{card.name}](#{card.name})", card.about, _size(card.input.size), f"{card.measured.parameters or 0:,}"]
    return [*facts, f"{card.measured.macs[0].count / 1e6:.1f}" if card.measured.macs else ""]


def section(card: Card) -> str:
    """All that a card says."""
    blocks = [f"## {card.name}", f"{card.origin.strip()}. Licence: {card.licence}."]
    if card.measured.scores:
        measures = {
            name: text for name, text in _MEASURES.items() if any(_told(score, name) for score in card.measured.scores)
        }
        rows = [
            [score.data, str(score.images), _size(score.size), *(_told(score, name) for name in measures), score.commit]
            for score in card.measured.scores
        ]
        blocks.append(table(["data", "images", "input", *measures.values(), "commit"], rows))
        blocks += [_parts(score) for score in card.measured.scores if score.parts]
        blocks.append(_commands(score.command for score in card.measured.scores))
    if card.measured.mattes:
        names = ["SAD", "MSE", "Grad", "Conn"]
        rows = [
            [each.data, str(each.images), *(f"{getattr(each, name):.4g}" for name in names), each.commit]
            for each in card.measured.mattes
        ]
        blocks.append(table(["data", "images", *names, "commit"], rows))
        blocks.append(_commands(each.command for each in card.measured.mattes))
    if card.measured.latency:
        titles = ["device", "threads", "runtime", "input", "p50 ms", "p95 ms", "CPU ms"]
        rows = [
            [item.device, str(item.threads), item.runtime, _size(item.size)]
            + [f"{time:.1f}" if time else "" for time in (item.p50_ms, item.p95_ms, item.cpu_ms)]
            for item in card.measured.latency
        ]
        blocks += [table(titles, rows), _commands(item.command for item in card.measured.latency)]
    if card.measured.verified_exports:
        rows = [
            [item.target, str(item.photos or ""), f"{item.largest_difference:.1e}", _percent(item.mask_difference)]
            for item in card.measured.verified_exports
        ]
        commands = _commands(item.command for item in card.measured.verified_exports)
        titles = ["exported to", "photos", "largest difference of a probability", "of mask pixels, %"]
        blocks += [table(titles, rows), commands]
    lists = {"Intended use": card.intended_use, "Known failures": card.known_failures, "Sources": card.sources}
    for title, lines in lists.items():
        if lines:
            blocks.append(f"{title}:\n\n" + "\n".join(f"- {line}" for line in lines))
    return "\n" + "\n\n".join(block.strip() for block in blocks) + "\n"


def _told(score: Score, name: str) -> str:
    value = getattr(score, name)
    if value is None:
        return ""
    return f"{value:.1f}" if name == "components" else _percent(value)


def _parts(score: Score) -> str:
    return f"mIoU of parts of {score.data}: {', '.join(f'{name} {_percent(x)}' for name, x in score.parts.items())}."


def table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def _commands(commands: Iterable[str]) -> str:
    """The commands, each once."""
    return "```bash\n" + "\n".join(dict.fromkeys(command.strip() for command in commands)) + "\n```"


def _size(size: tuple[int, int] | None) -> str:
    return "x".join(map(str, size)) if size else "any"


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.2f}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    if not parser.parse_args().check:
        atomic_write_text(PAGE, page())
        return 0
    if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == page():
        return 0
    print(f"{PAGE} is not what the cards give; run python tools/docs/model_table.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
