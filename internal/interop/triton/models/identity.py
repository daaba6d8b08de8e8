"""Answers every input under the name of the output in the same place; an optional input that is absent leaves no output."""

import json

import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def initialize(self, args):
        config = json.loads(args["model_config"])
        self.pairs = [(i["name"], o["name"], i["data_type"]) for i, o in zip(config["input"], config["output"])]

    def execute(self, requests):
        return [self.answer(request) for request in requests]

    def answer(self, request):
        outputs = []
        for source, target, datatype in self.pairs:
            tensor = pb_utils.get_input_tensor_by_name(request, source)
            if tensor is None:
                continue
            if datatype == "TYPE_BF16":  # has no numpy type
                outputs.append(pb_utils.Tensor.from_dlpack(target, tensor.to_dlpack()))
            else:
                outputs.append(pb_utils.Tensor(target, tensor.as_numpy()))
        return pb_utils.InferenceResponse(outputs)
