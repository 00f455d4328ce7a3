"""The card beside a model: all that someone who runs it has to know, in one YAML file that any language reads."""

from paddleseg.card.files import CARD_NAME, DEPLOY_NAME, load_card, read_card, save_card
from paddleseg.card.paddleseg import OUTPUT_OPS, deploy_text
from paddleseg.card.schema import TWO_CLASS_STEPS, Card, Files, Input, Output, Step
from paddleseg.card.scores import Latency, Macs, Score, VerifiedExport

__all__ = [
    "CARD_NAME",
    "DEPLOY_NAME",
    "OUTPUT_OPS",
    "TWO_CLASS_STEPS",
    "Card",
    "Files",
    "Input",
    "Latency",
    "Macs",
    "Output",
    "Score",
    "Step",
    "VerifiedExport",
    "deploy_text",
    "load_card",
    "read_card",
    "save_card",
]
