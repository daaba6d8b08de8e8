"""tritonclient in one of its four flavours: http, http.aio, grpc, grpc.aio. Usage: tritonclients.py PLAN FLAVOUR"""

import asyncio
import functools
import importlib
import queue
import sys

import ml_dtypes
import numpy as np
import plan
from tritonclient.utils import InferenceServerException

plan.DTYPES["BF16"] = ml_dtypes.bfloat16
plan.SAMPLES["BF16"] = [0.5, -0.0, 3.0e38]


class Awaited:
    """A client of the ordinary flavours whose methods are awaited like those of the asynchronous ones."""

    def __init__(self, client):
        self.client = client

    def __getattr__(self, name):
        method = getattr(self.client, name)

        async def call(*args, **kwargs):
            return method(*args, **kwargs)

        return call


class Flavour:
    """What differs between the flavours of tritonclient."""

    def __init__(self, name, addresses):
        self.name = name
        self.http, self.aio = name.startswith("http"), name.endswith("aio")
        self.module = importlib.import_module("tritonclient." + name)
        self.url = addresses["http" if self.http else "grpc"]

    def connect(self, **options):
        client = self.module.InferenceServerClient(self.url, **options)
        return client if self.aio else Awaited(client)

    def input(self, name, values, datatype, binary=True):
        tensor = self.module.InferInput(name, list(values.shape), datatype)
        if self.http:
            tensor.set_data_from_numpy(values, binary_data=binary)
        else:
            tensor.set_data_from_numpy(values)
        return tensor

    def output(self, name, binary=True, classes=0):
        if self.http:
            return self.module.InferRequestedOutput(name, binary_data=binary, class_count=classes)
        return self.module.InferRequestedOutput(name, class_count=classes)

    def named(self, result):
        """The names of a result's outputs, in order."""
        answer = result.get_response()
        return [o["name"] for o in answer["outputs"]] if self.http else [o.name for o in answer.outputs]


class Operations:
    """The operations, each a method; what it returns or raises is told."""

    def __init__(self, given, flavour, client):
        self.plan, self.flavour, self.client = given, flavour, client
        self.main = given["main"]

    # --- what there is ---

    async def live(self):
        assert await self.client.is_server_live() is True

    async def ready(self):
        assert await self.client.is_server_ready() is True

    async def model_ready(self):
        assert await self.client.is_model_ready(self.main["model"]) is True
        assert await self.client.is_model_ready("no-such-model") is False

    def json(self, **more):
        return more if self.flavour.http else {"as_json": True, **more}

    async def server_metadata(self):
        m = await self.client.get_server_metadata(**self.json())
        assert m["name"] and m["version"] and isinstance(m["extensions"], list), m

    async def model_metadata(self):
        m = await self.client.get_model_metadata(self.main["model"], **self.json())
        assert m["name"] == self.main["model"], m
        for key in ("inputs", "outputs"):
            want = {t["name"] for t in self.main[key]}
            assert want <= {t["name"] for t in m.get(key, [])}, f"{key}: got {m.get(key)}, want {want}"

    async def model_config(self):
        m = await self.client.get_model_config(self.main["model"], **self.json())
        m = m if self.flavour.http else m["config"]
        assert m["name"] == self.main["model"], m
        assert {t["name"] for t in self.main["inputs"]} <= {t["name"] for t in m["input"]}, m

    async def statistics(self):
        await self.infer_main()
        m = await self.client.get_inference_statistics(self.main["model"], **self.json())
        (s,) = [s for s in m["model_stats"] if s["name"] == self.main["model"]]
        assert int(s.get("inference_count", 0)) > 0 and int(s["inference_stats"]["success"]["count"]) > 0, s

    async def repository_index(self):
        m = await self.client.get_model_repository_index(**self.json())
        models = m if self.flavour.http else m["models"]
        assert self.main["model"] in [e["name"] for e in models], models

    # --- inference ---

    def inputs(self, of, binary=lambda i: True):
        return [self.flavour.input(t["name"], plan.array(t), t["datatype"], binary(i)) for i, t in enumerate(of["inputs"])]

    async def infer_main(self, binary_in=lambda i: True, binary_out=lambda i: True, **options):
        outputs = [self.flavour.output(t["name"], binary_out(i)) for i, t in enumerate(self.main["outputs"])]
        result = await self.client.infer(self.main["model"], self.inputs(self.main, binary_in), outputs=outputs, request_id="7", **options)
        self.check_main(result)
        answer = result.get_response()
        got = answer.get("id") if self.flavour.http else answer.id
        assert got == "7", f"got the id {got!r}"

    def check_main(self, result):
        for t in self.main["outputs"]:
            plan.same(result.as_numpy(t["name"]), plan.array(t), t["name"])

    async def infer_json(self):
        await self.infer_main(lambda i: False, lambda i: False)

    async def infer_binary(self):
        await self.infer_main()

    async def infer_mixed(self):
        await self.infer_main(lambda i: i % 2 == 0, lambda i: i % 2 == 1)
        await self.infer_main(lambda i: i % 2 == 1, lambda i: i % 2 == 0)

    async def infer_all_outputs(self):
        self.check_main(await self.client.infer(self.main["model"], self.inputs(self.main)))

    async def asynchronous(self):
        if self.flavour.aio:
            calls = [self.client.infer(self.main["model"], self.inputs(self.main)) for _ in range(8)]
            for result in await asyncio.gather(*calls):
                self.check_main(result)
        elif self.flavour.http:
            calls = [self.client.client.async_infer(self.main["model"], self.inputs(self.main)) for _ in range(8)]
            for call in calls:
                self.check_main(call.get_result())
        else:
            answers = queue.Queue()
            for _ in range(8):
                self.client.client.async_infer(self.main["model"], self.inputs(self.main), lambda result, error: answers.put((result, error)))
            for _ in range(8):
                result, error = answers.get(timeout=30)
                if error:
                    raise error
                self.check_main(result)

    async def identity(self, model, values, datatype, binary=True):
        x = self.flavour.input(model["input"], values, datatype, binary)
        result = await self.client.infer(model["model"], [x], outputs=[self.flavour.output(model["output"], binary)])
        plan.same(result.as_numpy(model["output"]), values, datatype)

    async def datatypes(self):
        return await self.every_datatype(True)

    async def datatypes_json(self):
        return await self.every_datatype(False)

    async def every_datatype(self, binary):
        seen = []
        for datatype, model in self.plan["identity"].items():
            if not binary and datatype in ("FP16", "BF16"):
                continue  # the protocol has no text for them
            values = np.array(plan.SAMPLES[datatype], dtype=plan.DTYPES[datatype])
            if not binary:
                values = np.array([v for v in values if not values.dtype.kind == "f" or v == v], dtype=values.dtype)  # text has one NaN
            await self.identity(model, values, datatype, binary)
            seen.append(datatype)
        assert seen, "no datatype"
        return " ".join(seen)

    async def bytes_text(self):
        await self.identity(self.plan["bytes"], np.array([t.encode() for t in plan.TEXTS], dtype=np.object_), "BYTES", binary=False)

    async def bytes_binary(self):
        await self.identity(self.plan["bytes"], np.array(plan.BINARIES, dtype=np.object_), "BYTES")

    async def requested_outputs(self):
        names = [t["name"] for t in self.main["outputs"]]
        for wanted in ([names[-1]], names[::-1]):
            result = await self.client.infer(self.main["model"], self.inputs(self.main), outputs=[self.flavour.output(n) for n in wanted])
            assert sorted(self.flavour.named(result)) == sorted(wanted), f"got {self.flavour.named(result)}, want {wanted}"

    async def classification(self):
        of = self.plan.get("labels") or self.main
        name = of["outputs"][0]["name"]
        classes = int(of["outputs"][0]["shape"][-1])
        result = await self.client.infer(of["model"], self.inputs(of), outputs=[self.flavour.output(name, classes=classes)])
        plan.same(result.as_numpy(name), plan.array(of["outputs"][0]), name)

    async def compressed(self, algorithm):
        if self.flavour.http:
            await self.infer_main(request_compression_algorithm=algorithm, response_compression_algorithm=algorithm)
        else:
            await self.infer_main(compression_algorithm=algorithm)

    async def gzip(self):
        await self.compressed("gzip")

    async def deflate(self):
        await self.compressed("deflate")

    # --- faults ---

    async def refused(self, http, grpc, call):
        """The call's error, which must have this protocol's status."""
        e = await plan.refused(call)
        assert isinstance(e, InferenceServerException), f"{type(e).__name__}: {e}"
        want = http if self.flavour.http else "StatusCode." + grpc
        assert e.status() == want, f"got {e.status()}, want {want}: {e.message()}"
        assert e.message(), "it has no message"
        return f"[{e.status()}] {e.message()}"

    async def unknown_model(self):
        await self.refused("404", "NOT_FOUND", self.client.get_model_metadata("no-such-model"))
        return await self.refused("404", "NOT_FOUND", self.client.infer("no-such-model", self.inputs(self.main)))

    async def unknown_version(self):
        return await self.refused("404", "NOT_FOUND", self.client.infer(self.main["model"], self.inputs(self.main), model_version="99"))

    async def wrong_shape(self):
        t = self.main["inputs"][0]
        values = plan.array(t)
        x = self.flavour.input(t["name"], np.stack([np.stack([values, values, values])] * 2), t["datatype"])
        return await self.refused("400", "INVALID_ARGUMENT", self.client.infer(self.main["model"], [x, *self.inputs(self.main)[1:]]))

    async def wrong_datatype(self):
        t = self.main["inputs"][0]
        x = self.flavour.input(t["name"], np.ones(t["shape"], dtype=np.uint16), "UINT16")
        return await self.refused("400", "INVALID_ARGUMENT", self.client.infer(self.main["model"], [x, *self.inputs(self.main)[1:]]))

    async def missing_input(self):
        return await self.refused("400", "INVALID_ARGUMENT", self.client.infer(self.main["model"], []))

    async def unknown_output(self):
        call = self.client.infer(self.main["model"], self.inputs(self.main), outputs=[self.flavour.output("no-such-output")])
        return await self.refused("400", "INVALID_ARGUMENT", call)

    async def load_denied(self):
        return await self.refused("403", "PERMISSION_DENIED", self.client.load_model(self.main["model"], config='{"max_batch_size": 4}'))

    async def unload_denied(self):
        return await self.refused("403", "PERMISSION_DENIED", self.client.unload_model(self.main["model"]))

    def slow(self, milliseconds):
        of = self.plan["slow"]
        values = np.full(of["shape"], milliseconds, dtype=plan.DTYPES[of["datatype"]])
        return of["model"], [self.flavour.input(of["input"], values, of["datatype"])]

    async def timeout(self):
        """The client gives up after half a second; the server's answer would take a minute."""
        model, inputs = self.slow(60_000)
        if not self.flavour.http:
            return await self.refused("", "DEADLINE_EXCEEDED", self.client.infer(model, inputs, client_timeout=0.5))
        options = {"conn_timeout": 0.5} if self.flavour.aio else {"network_timeout": 0.5}
        impatient = self.flavour.connect(**options)
        e = await plan.refused(impatient.infer(model, inputs))
        await impatient.close()
        return type(e).__name__

    async def cancellation(self):
        """What was cancelled frees the model: the next request is answered at once."""
        model, inputs = self.slow(60_000)
        if self.flavour.aio:
            call = asyncio.ensure_future(self.client.infer(model, inputs))
            await asyncio.sleep(0.3)
            call.cancel()
            try:
                await call
            except asyncio.CancelledError:
                pass
        else:
            answers = queue.Queue()
            call = self.client.client.async_infer(model, inputs, lambda result, error: answers.put(error))
            await asyncio.sleep(0.3)
            call.cancel()
            error = answers.get(timeout=10)
            assert error is not None and "cancelled" in str(error).lower(), f"got {error}"
        model, inputs = self.slow(1)
        for _ in range(4):
            await asyncio.wait_for(self.client.infer(model, inputs, client_timeout=20) if not self.flavour.http else self.client.infer(model, inputs), 20)

    # --- streams ---

    async def streamed(self, requests, until, **options):
        """Sends requests, the arguments of a stream's infer, on one stream; returns (result, error) pairs until so many have come."""
        got = []
        if self.flavour.aio:

            async def sent():
                for r in requests:
                    yield {**r, **options}
                while len(got) < until:
                    await asyncio.sleep(0.01)

            answers = self.client.stream_infer(sent(), stream_timeout=30)
            async for pair in answers:
                got.append(pair)
                if len(got) == until:
                    break
            async for pair in answers:
                got.append(pair)
            return got
        answers, sync = queue.Queue(), self.client.client
        sync.start_stream(lambda result, error: answers.put((result, error)), stream_timeout=30)
        try:
            for r in requests:
                sync.async_stream_infer(**r, **options)
            while len(got) < until:
                got.append(answers.get(timeout=30))
        finally:
            sync.stop_stream()
        while not answers.empty():
            got.append(answers.get())
        return got

    @staticmethod
    def final(result):
        return result.get_response().parameters["triton_final_response"].bool_param

    async def stream(self):
        """Ordinary requests, answered in order and each once; one of an unknown model gets its error in its place."""
        requests = [{"model_name": self.main["model"], "inputs": self.inputs(self.main), "request_id": str(i)} for i in range(5)]
        requests[2]["model_name"] = "no-such-model"
        got = await self.streamed(requests, 5)
        assert len(got) == 5, f"got {len(got)} answers"
        assert sum(error is not None for _, error in got) == 1, f"got {got}"
        answered = [result for result, error in got if error is None]
        for result in answered:
            self.check_main(result)
        assert [r.get_response().id for r in answered] == ["0", "1", "3", "4"], [r.get_response().id for r in answered]
        return next(str(error) for _, error in got if error)

    async def stream_final(self):
        """A model that answers once says with its answer that it is the last."""
        ((result, error),) = await self.streamed([{"model_name": self.main["model"], "inputs": self.inputs(self.main)}], 1)
        assert error is None, error
        assert self.final(result), "it is not final"

    def repeat(self, values):
        of = self.plan["repeat"]
        inputs = [self.flavour.input(of["input"], np.array(values, dtype=np.int32), "INT32")]
        return {"model_name": of["model"], "inputs": inputs, "request_id": "r"}

    async def stream_decoupled(self):
        """One request, four answers, and the empty final one for who can ask."""
        name = self.plan["repeat"]["output"]
        asks = not self.flavour.aio  # the other has no option for it
        options = {"enable_empty_final_response": True} if asks else {}
        got = await self.streamed([self.repeat([4, 3, 2, 1])], 4 + asks, **options)
        assert not any(error for _, error in got), got
        results = [result for result, _ in got]
        assert [int(r.as_numpy(name)[0]) for r in results[:4]] == [4, 3, 2, 1]
        assert [self.final(r) for r in results] == [False] * 4 + [True] * asks
        assert not asks or len(results[4].get_response().outputs) == 0
        assert {r.get_response().id for r in results} == {"r"}

    async def stream_error_between(self):
        """A decoupled model's error takes its place among the answers, and the stream goes on."""
        name = self.plan["repeat"]["output"]
        got = await self.streamed([self.repeat([4, -3, 2])], 3)
        assert [error is None for _, error in got[:3]] == [True, False, True], got
        assert int(got[2][0].as_numpy(name)[0]) == 2
        return got[1][1]

    async def stream_sequence(self):
        of = self.plan["sequence"]
        requests = []
        for i, value in enumerate([5, 7, 11]):
            x = self.flavour.input(of["input"], np.array([[value]], dtype=np.int32), "INT32")
            requests.append({"model_name": of["model"], "inputs": [x], "sequence_id": 1007, "sequence_start": i == 0, "sequence_end": i == 2})
        got = await self.streamed(requests, 3)
        assert not any(error for _, error in got), got
        sums = [int(r.as_numpy(of["output"]).flatten()[0]) for r, _ in got]
        assert sums == [5, 12, 23], sums

    async def sequence(self):
        of, sums = self.plan["sequence"], []
        for i, value in enumerate([5, 7, 11]):
            x = self.flavour.input(of["input"], np.array([[value]], dtype=np.int32), "INT32")
            result = await self.client.infer(of["model"], [x], sequence_id=2007 + len(self.flavour.name), sequence_start=i == 0, sequence_end=i == 2)
            sums.append(int(result.as_numpy(of["output"]).flatten()[0]))
        assert sums == [5, 12, 23], sums

    async def stream_cancelled(self):
        """A stream that is cancelled ends at once, and the model is free."""
        of = self.plan["slow"]
        model, inputs = self.slow(60_000)
        if self.flavour.aio:

            async def sent():
                yield {"model_name": model, "inputs": inputs}
                await asyncio.sleep(60)

            answers = self.client.stream_infer(sent())
            task = asyncio.ensure_future(anext(answers))
            await asyncio.sleep(0.3)
            answers.cancel()
            await asyncio.wait([task], timeout=10)
            assert task.done(), "it goes on"
            task.cancelled() or task.exception()
        else:
            sync, answers = self.client.client, queue.Queue()
            sync.start_stream(lambda result, error: answers.put(error))
            sync.async_stream_infer(model, inputs)
            await asyncio.sleep(0.3)
            sync.stop_stream(cancel_requests=True)
            error = answers.get(timeout=10)
            assert "cancelled" in str(error).lower(), f"got {error}"
        assert of


EVERYWHERE = """live ready model_ready server_metadata model_metadata model_config statistics repository_index infer_binary infer_all_outputs
asynchronous datatypes requested_outputs classification gzip deflate unknown_model unknown_version wrong_shape wrong_datatype missing_input
unknown_output load_denied unload_denied""".split()
HTTP_ONLY = "infer_json infer_mixed datatypes_json".split()
GRPC_ONLY = "stream stream_final".split()
NEEDS = {
    "bytes": ["bytes_binary"],
    "sequence": ["sequence"],
    "slow": ["timeout", "cancellation"],
}
NEEDS_HTTP = {"bytes": ["bytes_text"]}
NEEDS_GRPC = {"repeat": ["stream_decoupled", "stream_error_between"], "sequence": ["stream_sequence"], "slow": ["stream_cancelled"]}


def chosen(given, flavour):
    """The operations that this flavour has, of those that the plan has models for."""
    names = EVERYWHERE + (HTTP_ONLY if flavour.http else GRPC_ONLY)
    for needs in (NEEDS, NEEDS_HTTP if flavour.http else NEEDS_GRPC):
        for model, operations in needs.items():
            if given.get(model):
                names += operations
    if flavour.name == "http":
        names = [n for n in names if n != "cancellation"]  # it has none
    return names


async def run(given, flavour):
    lines = plan.Lines("tritonclient " + flavour.name)
    client = flavour.connect(**({"concurrency": 8} if flavour.name == "http" else {}))
    operations = Operations(given, flavour, client)
    for name in chosen(given, flavour):
        await lines.do(name, functools.partial(asyncio.wait_for, getattr(operations, name)(), 60))
    await client.close()


if __name__ == "__main__":
    the_plan = plan.load()
    asyncio.run(run(the_plan, Flavour(sys.argv[2], the_plan)))
