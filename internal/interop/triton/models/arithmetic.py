"""OUTPUT0 is the sum and OUTPUT1 the difference of INPUT0 and INPUT1; texts are decimal numbers."""

import numpy as np
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        return [self.answer(request) for request in requests]

    def answer(self, request):
        a, b = (pb_utils.get_input_tensor_by_name(request, name).as_numpy() for name in ("INPUT0", "INPUT1"))
        if a.dtype != np.object_:
            results = a + b, a - b
        else:
            a, b = a.astype(np.bytes_).astype(np.int64), b.astype(np.bytes_).astype(np.int64)
            results = [np.array([str(v).encode() for v in r.flatten()], dtype=np.object_).reshape(r.shape) for r in (a + b, a - b)]
        return pb_utils.InferenceResponse([pb_utils.Tensor(f"OUTPUT{i}", r) for i, r in enumerate(results)])
