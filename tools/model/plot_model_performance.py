"""mIoU of the published weights against what they cost, from their cards: one picture, nothing typed.

python tools/model/plot_model_performance.py                  # performance.png
python tools/model/plot_model_performance.py --data "EG1800 test.txt" --output eg1800.png
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from paddleseg import zoo
from paddleseg.card import Card
from paddleseg.errors import ConfigError
from paddleseg.files import atomic_path
from paddleseg.program import reports_mistakes


def costs(card: Card) -> Mapping[str, float | None]:
    """What a network costs, by the name of the axis."""
    measured = card.measured
    times = [item.cpu_ms for item in measured.latency if item.cpu_ms]
    return {
        "processor time of one picture, ms": min(times, default=None),
        "multiply-adds, millions": measured.macs[0].count / 1e6 if measured.macs else None,
        "parameters, millions": measured.parameters / 1e6 if measured.parameters else None,
    }


def plot(cards: Sequence[Card], data: str, output: Path) -> None:
    """A panel for each cost, with a point for each card that was measured on `data`."""
    from matplotlib.figure import Figure

    shown = [(card, 100 * score.mIoU) for card in cards for score in card.measured.scores if score.data == data]
    if not shown:
        known = dict.fromkeys(score.data for card in cards for score in card.measured.scores)
        raise ConfigError("--data", f"no card has a figure for {data!r}", f"known: {', '.join(known)}")
    axes_of = list(costs(shown[0][0]))
    figure = Figure(figsize=(4.2 * len(axes_of), 4), layout="constrained")
    for axes, name in zip(figure.subplots(1, len(axes_of), sharey=True), axes_of, strict=True):
        for card, score in shown:
            cost = costs(card)[name]
            if cost is not None:
                axes.plot(cost, score, "o")
                axes.annotate(card.name, (cost, score), (4, 4), textcoords="offset points", fontsize=7)
        axes.set(xlabel=name)
        axes.margins(x=0.4)
        axes.grid(alpha=0.3)
    figure.supylabel(f"mIoU on {data}, %")
    with atomic_path(output) as temporary:
        figure.savefig(temporary, dpi=110)


@reports_mistakes
def main(argv: Sequence[str] | None = None) -> int:
    """Draw them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="portrait_mini val.txt", help="as the cards call it (default: %(default)s)")
    parser.add_argument("--output", type=Path, default=Path("performance.png"), help="(default: %(default)s)")
    args = parser.parse_args(argv)
    cards = [card for card in map(zoo.card, zoo.names()) if card.measured.scores]
    plot(cards, args.data, args.output)
    print(args.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
