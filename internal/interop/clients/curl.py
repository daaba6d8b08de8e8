"""curl, as people type it; with requests and sseclient for what generate streams. Usage: curl.py PLAN"""

import asyncio
import functools
import gzip
import json
import os
import subprocess
import tempfile
import urllib.parse
import zlib

import numpy as np
import plan
import requests
import sseclient


class Curl:
    def __init__(self, given):
        self.plan, self.main, self.base = given, given["main"], "http://" + given["http"]

    def curl(self, path, *args, data=None):
        """The status, the headers in lower case and the body of a call. Data is sent from a file, so that it may be binary."""
        with tempfile.TemporaryDirectory() as folder:
            head, body, sent = (os.path.join(folder, n) for n in ("head", "body", "sent"))
            command = ["curl", "-sS", "--max-time", "30", "-D", head, "-o", body, "-w", "%{http_code}", *args]
            if data is not None:
                with open(sent, "wb") as file:
                    file.write(data if isinstance(data, bytes) else json.dumps(data).encode())
                command += ["--data-binary", "@" + sent]
            done = subprocess.run([*command, self.base + path], capture_output=True, text=True, timeout=60)
            assert done.returncode == 0, done.stderr
            with open(head) as file:
                lines = [line.partition(":") for line in file.read().splitlines() if ":" in line]
            answer = b""
            if os.path.exists(body):
                with open(body, "rb") as file:
                    answer = file.read()
            return int(done.stdout), {k.lower(): v.strip() for k, _, v in lines}, answer

    def ok(self, path, *args, data=None):
        status, head, body = self.curl(path, *args, data=data)
        assert status == 200, f"[{status}] {body.decode(errors='replace')}"
        return head, body

    def json(self, path, *args, data=None):
        head, body = self.ok(path, *args, data=data)
        assert head["content-type"].startswith("application/json"), head
        return json.loads(body)

    def refused(self, status, path, *args, data=None):
        got, head, body = self.curl(path, *args, data=data)
        assert got == status, f"got [{got}] {body.decode(errors='replace')}, want {status}"
        assert head["content-type"] == "application/json", head
        text = json.loads(body)["error"]
        assert isinstance(text, str) and text, body
        return f"[{got}] {text}"

    def model(self, rest="", model=None):
        return "/v2/models/" + urllib.parse.quote(model or self.main["model"], safe="") + rest

    def body(self, of=None, **more):
        of = of or self.main
        return {"id": "7", "inputs": [{k: t[k] for k in ("name", "datatype", "shape", "data")} for t in of["inputs"]], **more}

    def check(self, answer):
        assert answer["id"] == "7", answer
        for t in self.main["outputs"]:
            (got,) = [o for o in answer["outputs"] if o["name"] == t["name"]]
            assert (got["shape"], got["datatype"], got["data"]) == (t["shape"], t["datatype"], t["data"]), got

    async def live(self):
        _, body = self.ok("/v2/health/live")
        return body.decode()

    async def ready(self):
        self.ok("/v2/health/ready")

    async def model_ready(self):
        self.ok(self.model("/ready"))
        return self.refused(404, self.model("/ready", "no-such-model"))

    async def server_metadata(self):
        m = self.json("/v2")
        assert isinstance(m["extensions"], list), m

    async def model_metadata(self):
        m = self.json(self.model())
        assert {t["name"] for t in self.main["inputs"]} <= {t["name"] for t in m["inputs"]}, m
        assert all(isinstance(d, int) for t in m["inputs"] for d in t["shape"]), m

    async def model_config(self):
        m = self.json(self.model("/config"))
        assert isinstance(m["max_batch_size"], int) and m["name"] == self.main["model"], m

    async def statistics(self):
        self.json(self.model("/infer"), data=self.body())
        (s,) = [s for s in self.json(self.model("/stats"))["model_stats"] if s["name"] == self.main["model"]]
        assert isinstance(s["inference_count"], int) and s["inference_count"] > 0, s
        assert self.main["model"] in {s["name"] for s in self.json("/v2/models/stats")["model_stats"]}

    async def repository_index(self):
        m = self.json("/v2/repository/index", "-X", "POST")
        assert self.main["model"] in {e["name"] for e in m}, m

    async def models(self):
        m = self.json("/v2/models")
        assert self.main["model"] in json.dumps(m), m

    async def infer_json(self):
        self.check(self.json(self.model("/infer"), data=self.body()))

    async def infer_content_type(self):
        self.check(self.json(self.model("/infer"), "-H", "Content-Type: application/json; charset=utf-8", data=self.body()))

    async def infer_binary(self):
        """The binary extension, written by hand."""
        values, inputs = b"", []
        for t in self.main["inputs"]:
            raw = plan.array(t).tobytes()
            if t["datatype"] == "BYTES":
                raw = b"".join(len(s).to_bytes(4, "little") + s for s in plan.array(t).flatten())
            inputs.append({**{k: t[k] for k in ("name", "datatype", "shape")}, "parameters": {"binary_data_size": len(raw)}})
            values += raw
        head = json.dumps({"id": "7", "inputs": inputs, "parameters": {"binary_data_output": True}}).encode()
        headers, body = self.ok(self.model("/infer"), "-H", f"Inference-Header-Content-Length: {len(head)}", data=head + values)
        size = int(headers["inference-header-content-length"])
        answer, at = json.loads(body[:size]), size
        for o in answer["outputs"]:
            n = o["parameters"]["binary_data_size"]
            raw, at = body[at : at + n], at + n
            for t in self.main["outputs"]:
                if t["name"] == o["name"] and t["datatype"] != "BYTES":
                    plan.same(np.frombuffer(raw, dtype=plan.DTYPES[t["datatype"]]).reshape(o["shape"]), plan.array(t), t["name"])
        assert at == len(body), f"{len(body) - at} bytes more"

    async def gzip(self):
        data = gzip.compress(json.dumps(self.body()).encode())
        self.check(self.json(self.model("/infer"), "--compressed", "-H", "Content-Encoding: gzip", data=data))

    async def deflate(self):
        data = zlib.compress(json.dumps(self.body()).encode())
        self.check(self.json(self.model("/infer"), "--compressed", "-H", "Accept-Encoding: deflate", "-H", "Content-Encoding: deflate", data=data))

    async def unknown_model(self):
        self.refused(404, self.model("", "no-such-model"))
        return self.refused(404, self.model("/infer", "no-such-model"), data=self.body())

    async def unknown_version(self):
        return self.refused(404, self.model("/versions/99/infer"), data=self.body())

    async def malformed(self):
        return self.refused(400, self.model("/infer"), data=b'{"inputs": [')

    async def wrong_count(self):
        t = self.main["inputs"][0]
        return self.refused(400, self.model("/infer"), data={"inputs": [{**t, "data": t["data"] * 2}, *self.main["inputs"][1:]]})

    async def load_denied(self):
        return self.refused(403, "/v2/repository" + self.model("/load").removeprefix("/v2"), data=b"")

    async def unload_denied(self):
        return self.refused(403, "/v2/repository" + self.model("/unload").removeprefix("/v2"), data=b"")

    async def generate(self):
        of = self.plan["generate"]
        answer = self.json(self.model("/generate", of["model"]), data={of["input"]: "hello", "REPETITION": 1})
        assert answer["model_name"] == of["model"] and answer[of["output"]] == "hello", answer

    async def generate_stream(self):
        of = self.plan["generate"]
        url = self.base + self.model("/generate_stream", of["model"])
        with requests.post(url, json={of["input"]: "hello", "REPETITION": 3}, stream=True, timeout=30) as answer:
            assert answer.status_code == 200, answer.text
            assert answer.headers["content-type"].startswith("text/event-stream"), answer.headers
            events = [json.loads(e.data) for e in sseclient.SSEClient(answer).events()]
        assert [e[of["output"]] for e in events] == ["hello"] * 3, events

    async def predict(self):
        v1 = self.plan["v1"]
        answer = self.json("/v1/models/" + v1["model"] + ":predict", data={"instances": v1["instances"]})
        assert answer == {"predictions": v1["predictions"]}, answer

    async def v1_models(self):
        assert self.plan["v1"]["model"] in self.json("/v1/models")["models"]
        self.json("/v1/models/" + self.plan["v1"]["model"])

    async def docs(self):
        head, body = self.ok("/v2/docs")
        assert "html" in head["content-type"] and b"/v2/models" in body or b"openapi" in body.lower(), head


OPERATIONS = """live ready model_ready server_metadata model_metadata model_config statistics repository_index models infer_json
infer_content_type infer_binary gzip deflate unknown_model unknown_version malformed wrong_count load_denied unload_denied predict v1_models
docs""".split()


async def run(given):
    lines, it = plan.Lines("curl"), Curl(given)
    for operation in OPERATIONS + (["generate", "generate_stream"] if given.get("generate") else []):
        await lines.do(operation, functools.partial(asyncio.wait_for, getattr(it, operation)(), 60))


if __name__ == "__main__":
    asyncio.run(run(plan.load()))
