"""Decoupled: answers PROMPT a REPETITION of times; FAIL_LAST makes the last an error. For generate."""

import numpy as np
import triton_python_backend_utils as pb_utils

LAST = pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL


class TritonPythonModel:
    def execute(self, requests):
        for request in requests:
            self.answer(request, request.get_response_sender())

    @staticmethod
    def given(request, name, otherwise):
        tensor = pb_utils.get_input_tensor_by_name(request, name)
        return otherwise if tensor is None else tensor.as_numpy().flatten()[0]

    def answer(self, request, sender):
        times = int(self.given(request, "REPETITION", 1))
        dims = int(self.given(request, "OUTPUT_0_DIM", 0))
        fail = bool(self.given(request, "FAIL_LAST", False))
        text = pb_utils.get_input_tensor_by_name(request, "PROMPT").as_numpy()
        if dims:
            text = np.zeros([0], np.object_)
        for i in range(times):
            if fail and i == times - 1:
                sender.send(pb_utils.InferenceResponse(error=pb_utils.TritonError("this one fails", pb_utils.TritonError.UNAVAILABLE)))
            else:
                sender.send(pb_utils.InferenceResponse([pb_utils.Tensor("TEXT", text)]))
        sender.send(flags=LAST)
