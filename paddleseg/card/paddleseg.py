"""PaddleSeg's own card, `deploy.yaml`: what it says in our terms, and ours in its."""

from __future__ import annotations

from typing import Any

from paddleseg.card.schema import Card, OutputKind
from paddleseg.card.text import to_yaml

# What PaddleSeg calls the end of an exported graph, and what ours is called.
OUTPUT_OPS: dict[str, OutputKind] = {"softmax": "prob", "argmax": "argmax", "none": "logits"}


def from_deploy(deploy: dict[str, Any]) -> dict[str, Any]:
    """PaddleSeg's `Deploy` section in our terms; what it does not say keeps its default."""
    # Old files state the type of the output only.
    kind = OUTPUT_OPS.get(deploy.get("output_op", ""), "prob" if deploy.get("output_dtype") == "float32" else "argmax")
    shape = [size if isinstance(size, int) and size > 0 else None for size in deploy.get("input_shape") or []]
    return {
        "files": {"graph": deploy.get("model"), "params": deploy.get("params")},
        "preprocess": deploy.get("transforms") or [],
        "outputs": [{"kind": kind}],
        **({"inputs": [{"shape": shape}]} if shape else {}),
    }


def deploy_text(card: Card) -> str:
    """`deploy.yaml`: the section that PaddleSeg's tools read, naming the files that are really there."""
    names = {kind: name for name, kind in OUTPUT_OPS.items()}
    content = {
        "Deploy": {
            "model": card.files.graph,
            "params": card.files.params,
            "input_shape": [-1 if size is None else size for size in card.input.shape],
            "output_dtype": "int32" if card.output.kind == "argmax" else "float32",
            "output_op": names.get(card.output.kind, "none"),
            "transforms": [step.model_dump() for step in card.preprocess],
        }
    }
    return to_yaml(content)
