"""Fails with the code that CODE names; EXCEPTION raises one."""

import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        return [self.answer(request) for request in requests]

    def answer(self, request):
        name = pb_utils.get_input_tensor_by_name(request, "CODE").as_numpy().flatten()[0].decode()
        if name == "EXCEPTION":
            raise ValueError("an exception in execute")
        return pb_utils.InferenceResponse(error=pb_utils.TritonError(f"this is {name}: “quoted” \\ and\nbroken", getattr(pb_utils.TritonError, name)))
