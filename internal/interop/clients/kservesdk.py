"""The KServe SDK's clients: InferenceRESTClient with protocol v1 and v2, and InferenceGRPCClient. Usage: kservesdk.py PLAN v1|v2|grpc"""

import asyncio
import functools
import logging
import sys

import grpc
import httpx
import numpy as np
import plan
from kserve import InferenceGRPCClient, InferenceRESTClient, InferInput, InferRequest
from kserve.inference_client import RESTConfig
from kserve.protocol.infer_type import RequestedOutput

logging.disable(logging.CRITICAL)  # it logs every refusal with a stack


class V1:
    """The REST client with protocol v1: instances and predictions."""

    def __init__(self, given):
        self.main, self.v1, self.url = given["main"], given["v1"], "http://" + given["http"]
        self.client = InferenceRESTClient(RESTConfig(protocol="v1"))

    async def live(self):
        assert await self.client.is_server_live(self.url) is True

    async def model_ready(self):
        assert await self.client.is_model_ready(self.url, self.v1["model"]) is True

    async def predict(self):
        answer = await self.client.infer(self.url, {"instances": self.v1["instances"]}, model_name=self.v1["model"])
        assert answer == {"predictions": self.v1["predictions"]}, answer

    async def unknown_model(self):
        return await refused_with(404, self.client.infer(self.url, {"instances": [1]}, model_name="no-such-model"))

    async def malformed(self):
        return await refused_with(400, self.client.infer(self.url, {"instance": [1]}, model_name=self.v1["model"]))


class V2:
    """What the REST client with protocol v2 and the gRPC client have in common."""

    def __init__(self, given):
        self.plan, self.main = given, given["main"]

    def request(self, of, binary, model=None, **more):
        inputs = []
        for t in of["inputs"]:
            tensor = InferInput(name=t["name"], shape=t["shape"], datatype=t["datatype"])
            tensor.set_data_from_numpy(plan.array(t), binary_data=binary)
            inputs.append(tensor)
        outputs = [RequestedOutput(t["name"], {"binary_data": binary}) for t in of.get("outputs", [])]
        return InferRequest(model or of["model"], inputs, request_outputs=outputs, request_id="7", **more)

    def check(self, answer, of):
        for t in of["outputs"]:
            (got,) = [o for o in answer.outputs if o.name == t["name"]]
            plan.same(got.as_numpy(), plan.array(t), t["name"])

    async def infer_json(self):
        self.check(await self.infer(self.request(self.main, False)), self.main)

    async def infer_binary(self):
        answer = await self.infer(self.request(self.main, True))
        self.check(answer, self.main)
        assert answer.id == "7", answer.id

    async def datatypes(self):
        seen = []
        for datatype, model in self.plan["identity"].items():
            if datatype == "BF16":
                continue  # the SDK does not know it
            values = np.array(plan.SAMPLES[datatype], dtype=plan.DTYPES[datatype])
            tensor = InferInput(name=model["input"], shape=list(values.shape), datatype=datatype)
            tensor.set_data_from_numpy(values, binary_data=True)
            outputs = [RequestedOutput(model["output"], {"binary_data": True})]
            answer = await self.infer(InferRequest(model["model"], [tensor], request_outputs=outputs, request_id="d"))
            (got,) = [o for o in answer.outputs if o.name == model["output"]]
            plan.same(got.as_numpy(), values, datatype)
            seen.append(datatype)
        return " ".join(seen)


class REST(V2):
    def __init__(self, given):
        super().__init__(given)
        self.url = "http://" + given["http"]
        self.client = InferenceRESTClient(RESTConfig(protocol="v2"))

    async def infer(self, request, **options):
        return await self.client.infer(self.url, request, model_name=request.model_name, **options)

    async def live(self):
        assert await self.client.is_server_live(self.url) is True

    async def ready(self):
        assert await self.client.is_server_ready(self.url) is True

    async def model_ready(self):
        assert await self.client.is_model_ready(self.url, self.main["model"]) is True
        assert await self.client.is_model_ready(self.url, "no-such-model") is False

    async def unknown_model(self):
        return await refused_with(404, self.infer(self.request(self.main, False, "no-such-model")))

    async def wrong_datatype(self):
        first = self.main["inputs"][0]
        wrong = {**self.main, "inputs": [{**first, "datatype": "UINT16", "data": [1] * len(first["data"])}, *self.main["inputs"][1:]]}
        return await refused_with(400, self.infer(self.request(wrong, False)))

    async def timeout(self):
        e = await plan.refused(self.infer(slow(self), timeout=0.5))
        assert isinstance(e, httpx.TimeoutException), type(e)


class GRPC(V2):
    def __init__(self, given):
        super().__init__(given)
        self.client = InferenceGRPCClient(given["grpc"])

    async def infer(self, request, **options):
        return await self.client.infer(request, **options)

    async def live(self):
        assert await self.client.is_server_live() is True

    async def ready(self):
        assert await self.client.is_server_ready() is True

    async def model_ready(self):
        assert await self.client.is_model_ready(self.main["model"]) is True

    async def unknown_model(self):
        return await self.refused("NOT_FOUND", self.infer(self.request(self.main, True, "no-such-model")))

    async def wrong_datatype(self):
        first = self.main["inputs"][0]
        wrong = {**self.main, "inputs": [{**first, "datatype": "UINT16", "data": [1] * len(first["data"])}, *self.main["inputs"][1:]]}
        return await self.refused("INVALID_ARGUMENT", self.infer(self.request(wrong, True)))

    async def timeout(self):
        return await self.refused("DEADLINE_EXCEEDED", self.infer(slow(self), timeout=0.5))

    @staticmethod
    async def refused(code, call):
        e = await plan.refused(call)
        assert isinstance(e, grpc.RpcError) and e.code().name == code, e
        return f"[{code}] {e.details()}"


def slow(operations):
    of = operations.plan["slow"]
    data = np.full(of["shape"], 60_000, dtype=plan.DTYPES[of["datatype"]])
    tensor = InferInput(name=of["input"], shape=of["shape"], datatype=of["datatype"])
    tensor.set_data_from_numpy(data, binary_data=True)
    return InferRequest(of["model"], [tensor])


async def refused_with(status, call):
    e = await plan.refused(call)
    assert isinstance(e, httpx.HTTPStatusError) and e.response.status_code == status, f"{type(e).__name__}: {e}"
    assert not str(e).startswith(","), f"the client found no error in the body: {e}"
    return str(e).split(" for url")[0]


CLIENTS = {
    "v1": (V1, "live model_ready predict unknown_model malformed"),
    "v2": (REST, "live ready model_ready infer_json infer_binary datatypes unknown_model wrong_datatype timeout"),
    "grpc": (GRPC, "live ready model_ready infer_binary infer_json datatypes unknown_model wrong_datatype timeout"),
}


async def run(given, name):
    client, operations = CLIENTS[name]
    it = client(given)
    lines = plan.Lines("kserve " + name)
    for operation in operations.split():
        if operation == "timeout" and not given.get("slow"):
            continue
        await lines.do(operation, functools.partial(asyncio.wait_for, getattr(it, operation)(), 60))
    await it.client.close()


if __name__ == "__main__":
    asyncio.run(run(plan.load(), sys.argv[2]))
