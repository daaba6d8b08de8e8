"""Answers what its version stands for and, where it has them, numbers that are none."""

import json

import numpy as np
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def initialize(self, args):
        self.version = int(args["model_version"])
        self.names = [o["name"] for o in json.loads(args["model_config"])["output"]]

    def execute(self, requests):
        values = {
            "VERSION": np.array([self.version], np.int64),
            "FP32": np.array([np.nan, np.inf, -np.inf, -0.0, 1e-45, 3.4028235e38], np.float32),
            "FP64": np.array([np.nan, np.inf, -np.inf, -0.0, 5e-324, 1.7976931348623157e308], np.float64),
            "UINT64": np.array([0, 2**64 - 1, 2**53 + 1], np.uint64),
            "INT64": np.array([-(2**63), 2**63 - 1, -1], np.int64),
            "TEXT": np.array([b"", "ü\"\\\n\x01/".encode(), b"<&>"], np.object_),
            "NONE": np.zeros([0, 3], np.float32),
            "BINARY": np.array([b"\xff\x00\xfe"], np.object_),
            "HALF": np.array([1.5, np.inf], np.float16),
        }
        return [self.answer(request, values) for request in requests]

    def answer(self, request, values):
        wanted = request.requested_output_names()
        return pb_utils.InferenceResponse([pb_utils.Tensor(n, values[n]) for n in self.names if n in wanted])
