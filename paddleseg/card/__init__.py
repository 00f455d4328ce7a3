"""The card beside a model: all that someone who runs it has to know, in one YAML file that any language reads."""

from paddleseg.card.files import CARD_NAME, DEPLOY_NAME, is_exported, load_card, read_card, save_card
from paddleseg.card.finish import Finish
from paddleseg.card.paddleseg import OUTPUT_OPS, deploy_text
from paddleseg.card.schema import Card, Files, Input, Output, OutputKind
from paddleseg.card.scores import Latency, Macs, Measured, Score, VerifiedExport
from paddleseg.card.step import Step

__all__ = [
    "CARD_NAME",
    "DEPLOY_NAME",
    "OUTPUT_OPS",
    "Card",
    "Files",
    "Finish",
    "Input",
    "Latency",
    "Macs",
    "Measured",
    "Output",
    "OutputKind",
    "Score",
    "Step",
    "VerifiedExport",
    "deploy_text",
    "is_exported",
    "load_card",
    "read_card",
    "save_card",
]
