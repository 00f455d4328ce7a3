"""The graph that takes a picture and gives its mask: the network's, with the card's steps around it."""

from __future__ import annotations

from pathlib import Path

import onnx
from onnx import TensorProto, helper

from paddleseg.card import Card
from paddleseg.export.embed.after import finished
from paddleseg.export.embed.before import prepared
from paddleseg.export.embed.nodes import Nodes
from paddleseg.export.embed.steps import Ending, preparation, require, split

PICTURE = "image"
_SIDES = (f"{PICTURE}_height", f"{PICTURE}_width")


def write_embedded(network: Path, card: Card, made: Path, ending: Ending) -> None:
    """Write the graph `made`: a picture (H, W, C) uint8, RGB, called "image", to what `ending` says and is called.

    Args:
        network: The exported ONNX file of the network alone.
        ending: "mask" or "prob", as `finished` tells; at the picture's size.

    Raises:
        ExportError: The card cannot be part of a graph; all that cannot is named.
    """
    require(card)
    model = onnx.load(network)
    graph = model.graph
    opset = next(used.version for used in model.opset_import if used.domain in ("", "ai.onnx"))
    nodes = Nodes(opset)
    channels = graph.output[0].type.tensor_type.shape.dim[1].dim_value or len(card.classes)
    small = prepared(nodes, PICTURE, preparation(card), card.input.channels, graph.input[0].name)
    before = len(nodes.nodes)
    finished(nodes, card, graph.output[0].name, channels, PICTURE, small, ending, as_mask=ending == "mask")
    one_plane = not card.output.multilabel and (ending == "mask" or channels <= 2)
    picture = helper.make_tensor_value_info(PICTURE, TensorProto.UINT8, [*_SIDES, card.input.channels])
    kind = TensorProto.UINT8 if ending == "mask" else TensorProto.FLOAT
    shape: list[int | str] = [*_SIDES] if one_plane else [channels, *_SIDES]
    used = {name for node in graph.node for name in node.input}  # engines warn of constants that nothing uses
    network_nodes = [node for node in graph.node if node.op_type != "Constant" or node.output[0] in used]
    whole = helper.make_graph(
        [*nodes.nodes[:before], *network_nodes, *nodes.nodes[before:]],
        "embedded",
        [picture],
        [helper.make_tensor_value_info(ending, kind, shape)],
        [*graph.initializer, *nodes.constants],
        value_info=[graph.input[0]],
    )
    done = helper.make_model(whole, opset_imports=model.opset_import, ir_version=model.ir_version)
    left_out = split(card)[1]
    helper.set_model_props(done, {"classes": ", ".join(card.classes), "left_out": ", ".join(left_out)})
    onnx.checker.check_model(done)
    onnx.save(done, made)
