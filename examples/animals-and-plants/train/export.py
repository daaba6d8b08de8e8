"""Writes a trained network as a model of Triton's repository: model.onnx, config.pbtxt, labels.txt."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from network import PIXEL_SCALE, STRIDE, Params

OPSET = 13
IR_VERSION = 7
OPERATORS = {"Conv", "Relu", "Flatten", "Gemm", "Softmax"}
INPUT, OUTPUT = "image", "scores"
IMAGE = (3, 32, 32)

CONFIG = """\
name: "{name}"
platform: "onnxruntime_onnx"
max_batch_size: 8
input [
  {{
    name: "image"
    data_type: TYPE_FP32
    dims: [ 3, 32, 32 ]
  }}
]
output [
  {{
    name: "scores"
    data_type: TYPE_FP32
    dims: [ {classes} ]
    label_filename: "labels.txt"
  }}
]
parameters {{
  key: "manifold_image_input"
  value {{ string_value: "image" }}
}}
parameters {{
  key: "manifold_label_output"
  value {{ string_value: "predictions" }}
}}
"""


def write_model(folder: Path, labels: list[str], params: Params) -> Path:
    """Writes the model that folder is named for and returns the path of its model.onnx."""
    path = folder / "1" / "model.onnx"
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(to_onnx(folder.name, params), path)
    config = CONFIG.format(name=folder.name, classes=len(labels))
    (folder / "config.pbtxt").write_text(config)
    (folder / "labels.txt").write_text("".join(f"{label}\n" for label in labels))
    return path


def to_onnx(name: str, params: Params) -> onnx.ModelProto:
    """Builds the graph; the pixels' scale goes into the first convolution's weights."""
    weights = [np.asarray(layer["weight"]) for layer in params]
    weights[0] = weights[0] * np.float32(PIXEL_SCALE)
    constants = []
    for i, (weight, layer) in enumerate(zip(weights, params)):
        constants.append(numpy_helper.from_array(weight, f"weight{i}"))
        constants.append(numpy_helper.from_array(np.asarray(layer["bias"]), f"bias{i}"))
    graph = helper.make_graph(
        _nodes(weights),
        name,
        [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, ["N", *IMAGE])],
        [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["N", len(weights[-1])])],
        constants,
    )
    opset = helper.make_opsetid("", OPSET)
    model = helper.make_model(graph, ir_version=IR_VERSION, opset_imports=[opset])
    onnx.checker.check_model(model, full_check=True)
    assert {node.op_type for node in graph.node} == OPERATORS
    return model


def run(path: Path, images: np.ndarray) -> np.ndarray:
    """The scores that ONNX Runtime computes for images of 0..255."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return session.run([OUTPUT], {INPUT: images.astype(np.float32)})[0]


def _nodes(weights: list[np.ndarray]) -> list[onnx.NodeProto]:
    """Conv and Relu for each weight but the last, then Flatten, Gemm and Softmax."""
    nodes, x = [], INPUT
    for i, weight in enumerate(weights[:-1]):
        nodes.append(_convolution(x, i, weight.shape[-1]))
        nodes.append(helper.make_node("Relu", [f"conv{i}"], [f"relu{i}"], f"relu{i}"))
        x = f"relu{i}"
    dense = [f"weight{len(weights) - 1}", f"bias{len(weights) - 1}"]
    return [
        *nodes,
        helper.make_node("Flatten", [x], ["features"], "flatten", axis=1),
        helper.make_node("Gemm", ["features", *dense], ["logits"], "dense", transB=1),
        helper.make_node("Softmax", ["logits"], [OUTPUT], "softmax", axis=1),
    ]


def _convolution(x: str, i: int, side: int) -> onnx.NodeProto:
    return helper.make_node(
        "Conv",
        [x, f"weight{i}", f"bias{i}"],
        [f"conv{i}"],
        f"conv{i}",
        kernel_shape=[side, side],
        strides=[STRIDE, STRIDE],
        pads=[side // 2] * 4,
    )
