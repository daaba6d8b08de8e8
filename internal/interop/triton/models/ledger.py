"""Answers as a model server of the fault laboratory does, see its package proof: the payload, a sum of it and of the request's id, and
which execution of which server it was. A call takes 10 ms."""

import os
import time

import numpy as np
import triton_python_backend_utils as pb_utils


def fnv1a(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return value


class TritonPythonModel:
    def initialize(self, args):
        self.server = str(os.getppid()).encode()
        self.executions = os.getpid() << 32  # each instance is a process of its own

    def execute(self, requests):
        return [self.answer(request) for request in requests]

    def answer(self, request):
        time.sleep(0.01)
        self.executions += 1
        payload = pb_utils.get_input_tensor_by_name(request, "payload").as_numpy()
        said = {
            "payload": payload,
            "sum": np.array([fnv1a(request.request_id().encode() + b"\x00" + payload.tobytes())], np.uint64),
            "backend": np.array([self.server], np.object_),
            "execution": np.array([self.executions], np.uint64),
        }
        return pb_utils.InferenceResponse([pb_utils.Tensor(name, value) for name, value in said.items()])
