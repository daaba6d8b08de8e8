"""The models of Triton's examples and QA scripts that answer once, each by the model's name."""

import json
import zlib

import numpy as np
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def initialize(self, args):
        self.compute = getattr(self, args["model_name"])
        self.sum = {}

    def execute(self, requests):
        return [self.respond(request) for request in requests]

    def respond(self, request):
        return pb_utils.InferenceResponse([pb_utils.Tensor(name, value) for name, value in self.compute(request).items()])

    @staticmethod
    def given(request, name):
        return pb_utils.get_input_tensor_by_name(request, name).as_numpy()

    def flag(self, request, name):
        return int(self.given(request, name).flatten()[0])

    def simple_sequence(self, request):
        return {"OUTPUT": self.given(request, "INPUT") + np.int32(self.flag(request, "START"))}

    def simple_dyna_sequence(self, request):
        value = self.given(request, "INPUT") + np.int32(self.flag(request, "START"))
        if self.flag(request, "END"):
            value = value + self.given(request, "CORRID").astype(np.int32)
        return {"OUTPUT": value}

    def simple_string_dyna_sequence(self, request):
        name = self.given(request, "CORRID").flatten()[0].decode()
        begin = 0 if self.flag(request, "START") else self.sum[name]
        self.sum[name] = begin + self.flag(request, "INPUT")
        last = int(name) if self.flag(request, "END") else 0
        return {"OUTPUT": np.array([[self.sum[name] + last]], np.int32)}

    def nan_inf_output(self, request):
        return {"OUTPUT0": np.array([np.nan, np.inf, -np.inf, 1, 2, 3], np.float32)}

    def parameter(self, request):
        said = sorted(json.loads(request.parameters()).items())
        return {"key": np.array([k for k, _ in said], np.object_), "value": np.array([str(v) for _, v in said], np.object_)}

    def zeros(self, request):
        return {"DATA": np.zeros([int(self.given(request, "SIZE")[0])], np.uint8)}

    def measure(self, request):
        data = self.given(request, "DATA").tobytes()
        return {"SIZE": np.array([len(data)], np.int64), "CRC": np.array([zlib.crc32(data)], np.uint32)}
