"""The decoupled models of Triton's examples and QA scripts, each by the model's name."""

import json
import time

import numpy as np
import triton_python_backend_utils as pb_utils

LAST = pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL


class TritonPythonModel:
    def initialize(self, args):
        self.answer = getattr(self, args["model_name"])

    def execute(self, requests):
        for request in requests:
            self.answer(request, request.get_response_sender())

    @staticmethod
    def square_int32(request, sender):
        value = pb_utils.get_input_tensor_by_name(request, "IN").as_numpy()
        for _ in range(value[0]):
            sender.send(pb_utils.InferenceResponse([pb_utils.Tensor("OUT", value)]))
        sender.send(flags=LAST)

    @staticmethod
    def mock_llm(request, sender):
        text = pb_utils.get_input_tensor_by_name(request, "PROMPT").as_numpy()
        said = json.loads(request.parameters())
        if said.get("OUTPUT_0_DIM"):
            text = np.zeros([*text.shape[:-1], 0], np.object_)
        if not pb_utils.get_input_tensor_by_name(request, "STREAM").as_numpy().flatten()[0]:
            sender.send(pb_utils.InferenceResponse([pb_utils.Tensor("TEXT", text)]), flags=LAST)
            return
        for _ in range(said.get("REPETITION", 1)):
            time.sleep(float(said.get("DELAY", 0)))
            sender.send(pb_utils.InferenceResponse([pb_utils.Tensor("TEXT", text)]))
        if said.get("FAIL_LAST"):
            sender.send(pb_utils.InferenceResponse(error=pb_utils.TritonError("an error occurred")), flags=LAST)
            return
        sender.send(flags=LAST)
