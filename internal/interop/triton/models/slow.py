"""Answers after MS milliseconds whether it was cancelled; a cancelled request ends at once."""

import time

import numpy as np
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        return [self.answer(request) for request in requests]

    def answer(self, request):
        end = time.monotonic() + pb_utils.get_input_tensor_by_name(request, "MS").as_numpy().flatten()[0] / 1000
        while time.monotonic() < end:
            if request.is_cancelled():
                return pb_utils.InferenceResponse(error=pb_utils.TritonError("cancelled while it worked", pb_utils.TritonError.CANCELLED))
            time.sleep(0.002)
        return pb_utils.InferenceResponse([pb_utils.Tensor("DONE", np.array([True]))])
