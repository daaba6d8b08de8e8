"""Decoupled: answers each value of IN, after its DELAY in milliseconds, then ends. A value below zero is an error in its place."""

import threading
import time

import numpy as np
import triton_python_backend_utils as pb_utils

LAST = pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL


class TritonPythonModel:
    def initialize(self, args):
        self.running = []

    def execute(self, requests):
        for request in requests:
            values = pb_utils.get_input_tensor_by_name(request, "IN").as_numpy()
            delay = pb_utils.get_input_tensor_by_name(request, "DELAY")
            delays = delay.as_numpy() if delay is not None else np.zeros_like(values)
            joined = pb_utils.get_input_tensor_by_name(request, "JOINED") is not None
            thread = threading.Thread(target=self.answer, args=(request.get_response_sender(), values, delays, joined))
            thread.start()
            self.running = [t for t in self.running if t.is_alive()] + [thread]

    def finalize(self):
        for thread in self.running:
            thread.join()

    @staticmethod
    def answer(sender, values, delays, joined):
        for i, (value, delay) in enumerate(zip(values, delays)):
            time.sleep(delay / 1000)
            if value < 0:
                error = pb_utils.TritonError(f"value {value} is below zero", pb_utils.TritonError.INVALID_ARG)
                sender.send(pb_utils.InferenceResponse(error=error))
                continue
            response = pb_utils.InferenceResponse([pb_utils.Tensor("OUT", np.array([value], np.int32)), pb_utils.Tensor("IDX", np.array([i], np.uint32))])
            if joined and i == len(values) - 1:
                sender.send(response, flags=LAST)
                return
            sender.send(response)
        sender.send(flags=LAST)
