"""What the client programs share: the plan that they carry out, and the lines that they print.

A plan is a JSON file that names a gateway's addresses and the models behind it; see plan.go. A program does every operation that its
client has and prints a line for each: {"client", "operation", "ok", "detail"}.
"""

import json
import math
import struct
import sys

import numpy as np

DTYPES = {
    "BOOL": np.bool_,
    "UINT8": np.uint8,
    "UINT16": np.uint16,
    "UINT32": np.uint32,
    "UINT64": np.uint64,
    "INT8": np.int8,
    "INT16": np.int16,
    "INT32": np.int32,
    "INT64": np.int64,
    "FP16": np.float16,
    "FP32": np.float32,
    "FP64": np.float64,
    "BYTES": np.object_,
}

# Two quiet NaNs with payloads are among the floats: what is not looked at must not change.
SAMPLES = {
    "BOOL": [True, False, True],
    "UINT8": [0, 1, 2**8 - 1],
    "UINT16": [0, 1, 2**16 - 1],
    "UINT32": [0, 1, 2**32 - 1],
    "UINT64": [0, 2**53 + 1, 2**64 - 1],
    "INT8": [-(2**7), 0, 2**7 - 1],
    "INT16": [-(2**15), 0, 2**15 - 1],
    "INT32": [-(2**31), 0, 2**31 - 1],
    "INT64": [-(2**63), 2**53 + 1, 2**63 - 1],
    "FP16": [0.5, -0.0, 65504.0],
    "FP32": [0.1, -0.0, struct.unpack("<f", b"\x2a\x00\xc0\x7f")[0], math.inf],
    "FP64": [0.1, -0.0, struct.unpack("<d", b"\x2a\x00\x00\x00\x00\x00\xf8\x7f")[0], -math.inf],
}
TEXTS = ["", "plain", "two\nlines", "grüße, 世界 🌍", '"quoted" \\ and \0 zero']
BINARIES = [b"", b"\xff\xfe\x00\x80", bytes(range(256)), b"plain"]


def array(tensor):
    """The numpy array of a tensor of the plan."""
    data = tensor["data"]
    if tensor["datatype"] == "BYTES":
        data = [d.encode() if isinstance(d, str) else d for d in data]
    return np.array(data, dtype=DTYPES[tensor["datatype"]]).reshape(tensor["shape"])


def same(got, want, what):
    """Fails unless two arrays are equal in shape and in every bit."""
    assert got is not None, f"{what}: there is none"
    assert list(got.shape) == list(want.shape), f"{what}: got shape {got.shape}, want {want.shape}"
    if want.dtype == np.object_:
        got_list = [g if isinstance(g, bytes) else str(g).encode() for g in got.flatten()]
        want_list = list(want.flatten())
        got_list = [b"*:" + g.partition(b":")[2] if w.startswith(b"*:") else g for g, w in zip(got_list, want_list)]  # any score
        assert got_list == want_list, f"{what}: got {got_list}, want {want_list}"
        return
    assert got.dtype == want.dtype, f"{what}: got {got.dtype}, want {want.dtype}"
    assert got.tobytes() == want.tobytes(), f"{what}: got {got.flatten()}, want {want.flatten()}"


def load():
    with open(sys.argv[1]) as file:
        return json.load(file)


class Lines:
    """Prints a line for each operation of a client."""

    def __init__(self, client):
        self.client = client

    def tell(self, operation, ok, detail):
        text = " ".join(str(detail or "").split())[:600]
        print(json.dumps({"client": self.client, "operation": operation, "ok": ok, "detail": text}), flush=True)

    async def do(self, operation, act):
        """Awaits act and tells how it went. Whatever it raises is what the client showed its user."""
        try:
            self.tell(operation, True, await act())
        except Exception as e:  # every fault is a result
            self.tell(operation, False, f"{type(e).__name__}: {e}")


async def refused(call, *words):
    """Awaits a call that must raise an error that has all the words, and returns the error's text."""
    try:
        await call
    except AssertionError:
        raise
    except Exception as e:  # each client has its own
        for word in words:
            assert word.lower() in str(e).lower(), f"{word!r} is not in {e}"
        return e
    raise AssertionError("it was not refused")
