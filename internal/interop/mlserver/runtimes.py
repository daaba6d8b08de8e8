"""Runtimes of MLServer: one answers with its inputs, one takes its time."""

import asyncio

from mlserver import MLModel
from mlserver.errors import InferenceError
from mlserver.types import InferenceResponse, ResponseOutput


class Echo(MLModel):
    async def predict(self, payload):
        if not payload.inputs:
            raise InferenceError("there are no inputs")
        outputs = [ResponseOutput(name=i.name, shape=i.shape, datatype=i.datatype, data=i.data) for i in payload.inputs]
        return InferenceResponse(model_name=self.name, model_version=self.version, id=payload.id, outputs=outputs)


class Slow(MLModel):
    async def predict(self, payload):
        await asyncio.sleep(payload.inputs[0].data[0] / 1000)
        output = ResponseOutput(name="done", shape=[1], datatype="BOOL", data=[True])
        return InferenceResponse(model_name=self.name, model_version=self.version, id=payload.id, outputs=[output])
