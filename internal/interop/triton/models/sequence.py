"""Adds up a sequence's values; the controls that the scheduler gives come back beside the sum."""

import numpy as np
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def initialize(self, args):
        self.sums = {}

    def execute(self, requests):
        return [self.answer(request) for request in requests]

    def answer(self, request):
        value, start, end, key = (pb_utils.get_input_tensor_by_name(request, n).as_numpy() for n in ("INPUT", "START", "END", "CORRID"))
        name = key.flatten()[0]
        first = bool(start.flatten()[0])
        self.sums[name] = (0 if first else self.sums.get(name, 0)) + int(value.flatten()[0])
        state = np.array([[self.sums[name], int(first), int(end.flatten()[0])]], dtype=np.int32)
        corrid = np.array([[str(name.decode() if isinstance(name, bytes) else name).encode()]], dtype=np.object_)
        return pb_utils.InferenceResponse([pb_utils.Tensor("OUTPUT", state), pb_utils.Tensor("ID", corrid)])
