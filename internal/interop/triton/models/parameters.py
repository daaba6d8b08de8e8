"""Answers what a request says beside its tensors, as JSON."""

import json

import numpy as np
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        return [self.answer(request) for request in requests]

    def answer(self, request):
        said = {
            "parameters": json.loads(request.parameters()),
            "id": request.request_id(),
            "correlation": request.correlation_id(),
            "flags": request.flags(),
            "timeout": request.timeout(),
            "outputs": sorted(request.requested_output_names()),
        }
        text = np.array([json.dumps(said, sort_keys=True).encode()], dtype=np.object_)
        return pb_utils.InferenceResponse([pb_utils.Tensor("SAID", text)])
