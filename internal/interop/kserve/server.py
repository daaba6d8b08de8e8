"""KServe's Python model server with models of its own: a V1 model, and V2 models that double, echo and fail."""

import argparse
import asyncio

import numpy as np
from kserve import InferOutput, InferRequest, InferResponse, Model, ModelServer, model_server
from kserve.errors import InvalidInput


def answer(request: InferRequest, name: str, outputs):
    """An answer in the form of the request, raw or not, of datatypes and numpy arrays by the outputs' names."""
    raw = any(i._raw_data is not None for i in request.inputs)
    infer_outputs = []
    for output, (datatype, array) in outputs.items():
        tensor = InferOutput(name=output, shape=list(array.shape), datatype=datatype)
        tensor.set_data_from_numpy(array, binary_data=raw)
        infer_outputs.append(tensor)
    return InferResponse(response_id=request.id or "none", model_name=name, infer_outputs=infer_outputs)


class Ready(Model):
    """A model that has nothing to load."""

    def __init__(self, name):
        super().__init__(name)
        self.ready = True


class Double(Ready):
    """Doubles every input; a V1 body's instances too."""

    def predict(self, payload, headers=None):
        if isinstance(payload, dict):
            return {"predictions": (np.array(payload["instances"]) * 2).tolist()}
        return answer(payload, self.name, {i.name: (i.datatype, i.as_numpy() * 2) for i in payload.inputs})

    async def get_input_types(self):
        return [{"name": "x", "datatype": "FP32", "shape": [-1]}]

    async def get_output_types(self):
        return [{"name": "x", "datatype": "FP32", "shape": [-1]}]


class Echo(Ready):
    """Answers with its inputs."""

    def predict(self, payload, headers=None):
        if isinstance(payload, dict):
            return {"predictions": payload["instances"]}
        return answer(payload, self.name, {i.name: (i.datatype, i.as_numpy()) for i in payload.inputs})


class Fail(Ready):
    """Refuses everything."""

    def predict(self, payload, headers=None):
        raise InvalidInput("this model refuses everything")


class Slow(Ready):
    """Answers after ms milliseconds."""

    async def predict(self, payload, headers=None):
        await asyncio.sleep(float(payload.inputs[0].as_numpy().flatten()[0]) / 1000)
        return answer(payload, self.name, {"done": ("BOOL", np.array([True]))})


if __name__ == "__main__":
    args = argparse.ArgumentParser(parents=[model_server.parser], conflict_handler="resolve").parse_args()
    ModelServer(http_port=args.http_port, grpc_port=args.grpc_port, workers=1).start(
        [Double("kserve-double"), Echo("kserve-echo"), Fail("kserve-fail"), Slow("kserve-slow")]
    )
