"""A runtime of MLServer that answers with its inputs."""

from mlserver import MLModel
from mlserver.types import InferenceResponse, ResponseOutput


class Echo(MLModel):
    async def predict(self, payload):
        outputs = [ResponseOutput(name=i.name, shape=i.shape, datatype=i.datatype, data=i.data) for i in payload.inputs]
        return InferenceResponse(model_name=self.name, model_version=self.version, id=payload.id, outputs=outputs)
