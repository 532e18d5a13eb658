"""Writes a BERT checkpoint with mean pooling as an ONNX graph, so that torch is not needed to run it.

It must compute what sentence-transformers computes: the committed reference vectors hold it to that.
Operators as in ONNX opset 20; shapes in the comments are batch (n), tokens (t), heads (h), width (d).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load_file

from learning.embeddings.checkpoint import Checkpoint

OPSET = 20
IR_VERSION = 10
MASKED = -1e9
Array = NDArray[Any]


class _Graph:
    """Nodes and weights as they are added; each method returns the name of the value it made."""

    def __init__(self, tensors: Mapping[str, Array], epsilon: float) -> None:
        self.tensors = tensors
        self.epsilon = epsilon
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []

    def add(self, operator: str, *inputs: str, **attributes: Any) -> str:
        output = f"{operator.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [output], **attributes))
        return output

    def constant(self, value: Any, kind: type = np.float32) -> str:
        name = f"weight_{len(self.weights)}"
        array: Array = np.ascontiguousarray(np.asarray(value, dtype=kind))
        self.weights.append(numpy_helper.from_array(array, name))
        return name

    def linear(self, value: str, layer: str, scale: float = 1.0) -> str:
        """x·Wᵀ + b; torch keeps W as (out, in), MatMul wants (in, out)."""
        weight = self.constant(self.tensors[f"{layer}.weight"].T * scale)
        bias = self.constant(self.tensors[f"{layer}.bias"] * scale)
        return self.add("Add", self.add("MatMul", value, weight), bias)

    def normalise(self, value: str, layer: str) -> str:
        weight = self.constant(self.tensors[f"{layer}.weight"])
        bias = self.constant(self.tensors[f"{layer}.bias"])
        return self.add("LayerNormalization", value, weight, bias, axis=-1, epsilon=self.epsilon)


def build(checkpoint: Checkpoint) -> onnx.ModelProto:
    """The graph `ids, mask (n, t) int64 -> vectors (n, d) float32`, rows of length one."""
    checkpoint.check()
    config = checkpoint.config
    graph = _Graph(load_file(checkpoint.weights), config["layer_norm_eps"])
    hidden = _embed(graph, checkpoint.max_tokens)
    kept = graph.add("Cast", "mask", to=TensorProto.FLOAT)
    bias = _attention_bias(graph, kept)
    for layer in range(config["num_hidden_layers"]):
        hidden = _encoder_layer(
            graph,
            f"encoder.layer.{layer}",
            hidden,
            bias,
            config["num_attention_heads"],
            config["hidden_size"],
        )
    graph.nodes.append(helper.make_node("Identity", [_pool(graph, hidden, kept)], ["vectors"]))
    return _model(graph, config["hidden_size"])


def _embed(graph: _Graph, max_tokens: int) -> str:
    tensors = graph.tensors
    words = graph.constant(tensors["embeddings.word_embeddings.weight"])
    # A single sentence is all of segment 0, so its embedding is added to the positions once and for all.
    segment = tensors["embeddings.token_type_embeddings.weight"][0]
    places = graph.constant(tensors["embeddings.position_embeddings.weight"][:max_tokens] + segment)
    length = graph.add("Shape", "ids", start=1, end=2)
    here = graph.add("Slice", places, graph.constant([0], np.int64), length, graph.constant([0], np.int64))
    summed = graph.add("Add", graph.add("Gather", words, "ids"), here)
    return graph.normalise(summed, "embeddings.LayerNorm")


def _attention_bias(graph: _Graph, kept: str) -> str:
    """(n, 1, 1, t): nothing where a token is, -1e9 where padding is."""
    absent = graph.add("Sub", graph.constant(1.0), kept)
    bias = graph.add("Mul", absent, graph.constant(MASKED))
    return graph.add("Unsqueeze", bias, graph.constant([1, 2], np.int64))


def _encoder_layer(graph: _Graph, layer: str, hidden: str, bias: str, heads: int, width: int) -> str:
    attended = _attention(graph, f"{layer}.attention.self", hidden, bias, heads, width)
    attended = graph.linear(attended, f"{layer}.attention.output.dense")
    hidden = graph.normalise(graph.add("Add", attended, hidden), f"{layer}.attention.output.LayerNorm")
    inner = graph.add("Gelu", graph.linear(hidden, f"{layer}.intermediate.dense"))
    outer = graph.linear(inner, f"{layer}.output.dense")
    return graph.normalise(graph.add("Add", outer, hidden), f"{layer}.output.LayerNorm")


def _attention(graph: _Graph, layer: str, hidden: str, bias: str, heads: int, width: int) -> str:
    split = graph.constant([0, 0, heads, width // heads], np.int64)
    merge = graph.constant([0, 0, width], np.int64)

    def head(part: str, order: list[int], scale: float = 1.0) -> str:
        projected = graph.linear(hidden, f"{layer}.{part}", scale)
        return graph.add("Transpose", graph.add("Reshape", projected, split), perm=order)

    query = head("query", [0, 2, 1, 3], (width // heads) ** -0.5)  # (n, h, t, d/h)
    key = head("key", [0, 2, 3, 1])  # (n, h, d/h, t)
    value = head("value", [0, 2, 1, 3])
    scores = graph.add("Add", graph.add("MatMul", query, key), bias)
    mixed = graph.add("MatMul", graph.add("Softmax", scores, axis=-1), value)
    return graph.add("Reshape", graph.add("Transpose", mixed, perm=[0, 2, 1, 3]), merge)


def _pool(graph: _Graph, hidden: str, kept: str) -> str:
    """The mean of the real tokens, scaled to length one."""
    column = graph.add("Unsqueeze", kept, graph.constant([2], np.int64))
    tokens = graph.constant([1], np.int64)
    total = graph.add("ReduceSum", graph.add("Mul", hidden, column), tokens, keepdims=0)
    count = graph.add("ReduceSum", column, tokens, keepdims=0)
    return graph.add("LpNormalization", graph.add("Div", total, count), axis=-1, p=2)


def _model(graph: _Graph, width: int) -> onnx.ModelProto:
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, ["n", "t"]) for name in ("ids", "mask")]
    outputs = [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["n", width])]
    body = helper.make_graph(graph.nodes, "sentence_encoder", inputs, outputs, graph.weights)
    opsets = [helper.make_opsetid("", OPSET)]
    return helper.make_model(body, opset_imports=opsets, ir_version=IR_VERSION, producer_name="voicelearn")
