"""Kills a server in mid-stream: every request that waits for answers gets an error on the stream, and the stream ends.

Usage: brokenstream.py GATEWAY-GRPC GROUP grpc|grpc.aio, where GROUP is the process group that is killed once every request has begun to
answer.
"""

import asyncio
import os
import queue
import signal
import sys

import numpy as np
import plan
import tritonclient.grpc
import tritonclient.grpc.aio

REQUESTS = 4


def requests(module):
    """Requests to the decoupled model that answer at once and then, for an hour, no more."""
    for i in range(REQUESTS):
        values = module.InferInput("IN", [2], "INT32")
        values.set_data_from_numpy(np.array([i, i], dtype=np.int32))
        delays = module.InferInput("DELAY", [2], "UINT32")
        delays.set_data_from_numpy(np.array([0, 3_600_000], dtype=np.uint32))
        yield {"model_name": "repeat", "inputs": [values, delays], "request_id": str(i)}


def check(errors):
    assert len(errors) == REQUESTS, f"got {len(errors)} errors for {REQUESTS} requests: {errors}"
    return errors[0]


async def sync(address, kill):
    client, answers = tritonclient.grpc.InferenceServerClient(address), queue.Queue()
    client.start_stream(lambda result, error: answers.put((result, error)))
    for r in requests(tritonclient.grpc):
        client.async_stream_infer(**r)
    for _ in range(REQUESTS):
        _, error = answers.get(timeout=30)
        assert error is None, error
    kill()
    errors = [answers.get(timeout=30)[1] for _ in range(REQUESTS)]
    client.stop_stream()
    return check([str(e) for e in errors if e])


async def aio(address, kill):
    client, done = tritonclient.grpc.aio.InferenceServerClient(address), asyncio.Event()

    async def sent():
        for r in requests(tritonclient.grpc.aio):
            yield r
        await done.wait()

    got, errors = 0, []
    async for _, error in client.stream_infer(sent()):
        got += error is None
        if got == REQUESTS and error is None:
            kill()
        if error:
            errors.append(str(error))
        if len(errors) == REQUESTS:
            done.set()
    await client.close()
    return check(errors)


async def run():
    address, group = sys.argv[1], int(sys.argv[2])
    flavour = {"grpc": sync, "grpc.aio": aio}[sys.argv[3]]
    lines = plan.Lines("tritonclient " + sys.argv[3])

    async def act():
        return await asyncio.wait_for(flavour(address, lambda: os.killpg(group, signal.SIGKILL)), 60)

    await lines.do("broken_stream", act)


if __name__ == "__main__":
    asyncio.run(run())
