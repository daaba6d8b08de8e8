package transparency

import (
	"net/http"

	pb "github.com/manifold-serving/manifold/gen/inferencepb"
)

// pythonServer is what KServe's server and MLServer have in common.
type pythonServer struct {
	echo    string // a model that answers with its inputs
	unknown string
	models  []string
}

// operations are those that a Python server has.
func (p pythonServer) operations() []Operation {
	all := p.controls()
	for _, s := range samples() {
		all = append(all, p.sampled(s)...)
	}
	return append(all, p.odd()...)
}

func (p pythonServer) json(r rest) rest { return r.with("Content-Type", "application/json") }

func (p pythonServer) sampled(s sample) []Operation {
	name := "echo/" + s.datatype + "/"
	raw := request(p.echo, inputs{tensor("x", s.datatype, 3)}, s.raw)
	raw.Id = "a"
	all := []Operation{infersRPC(raw).operation(name + "raw")}
	if s.contents != nil {
		typed := request(p.echo, inputs{typed("x", s.datatype, s.contents, 3)})
		typed.Id = "a"
		all = append(all, infersRPC(typed).operation(name+"typed"))
	}
	if s.json != "" {
		all = append(all, p.json(infers(p.echo, input("x", s.datatype, "[3]", s.json), `"id":"a"`)).operation(name+"json"))
	}
	return all
}

func (p pythonServer) controls() []Operation {
	rests := named{
		"live": {path: "/v2/health/live"}, "ready": {path: "/v2/health/ready"}, "server": {path: "/v2"}, "nothing": {path: "/v2/nothing"},
	}
	rpcs := called{
		"live":   {method: "ServerLive", request: &pb.ServerLiveRequest{}, reply: &pb.ServerLiveResponse{}},
		"ready":  {method: "ServerReady", request: &pb.ServerReadyRequest{}, reply: &pb.ServerReadyResponse{}},
		"server": {method: "ServerMetadata", request: &pb.ServerMetadataRequest{}, reply: &pb.ServerMetadataResponse{}},
	}
	for _, m := range append(p.models, p.unknown) {
		rests["metadata of "+m] = rest{path: "/v2/models/" + m}
		rests["ready of "+m] = rest{path: "/v2/models/" + m + "/ready"}
		rpcs["metadata of "+m] = rpc{method: "ModelMetadata", request: &pb.ModelMetadataRequest{Name: m}, reply: &pb.ModelMetadataResponse{}}
		rpcs["ready of "+m] = rpc{method: "ModelReady", request: &pb.ModelReadyRequest{Name: m}, reply: &pb.ModelReadyResponse{}}
	}
	return append(rests.operations("control"), rpcs.operations("control")...)
}

// odd are requests that a server answers otherwise than a Triton, or not.
func (p pythonServer) odd() []Operation {
	in := input("x", "INT32", "[2]", "[1,2]")
	post := func(text string) rest { return p.json(rest{path: inferPath(p.echo), body: []byte(text)}) }
	rests := named{
		"without an id":      p.json(infers(p.echo, in, "")),
		"nested":             p.json(infers(p.echo, input("x", "INT32", "[2,2]", "[[1,2],[3,4]]"), `"id":"a"`)),
		"two inputs":         p.json(infers(p.echo, in+","+input("y", "FP32", "[1]", "[0.1]"), `"id":"a"`)),
		"no content type":    infers(p.echo, in, `"id":"a"`),
		"content type form":  infers(p.echo, in, `"id":"a"`).with("Content-Type", "application/x-www-form-urlencoded"),
		"parameters":         p.json(infers(p.echo, in, `"id":"a","parameters":{"k":"v","n":1,"b":true}`)),
		"one output":         p.json(infers(p.echo, in+","+input("y", "FP32", "[1]", "[0.1]"), `"id":"a",`+outputs("y"))),
		"empty":              p.json(infers(p.echo, input("x", "INT32", "[0]", "[]"), `"id":"a"`)),
		"binary":             framedBy(p.echo, body(binaryInput("x", "FP32", "[2]", 8), `"id":"a"`), []byte(eight)).with("Content-Type", "application/octet-stream"),
		"binary both ways":   framedBy(p.echo, body(binaryInput("x", "FP32", "[2]", 8), `"id":"a","parameters":{"binary_data_output":true}`), []byte(eight)).with("Content-Type", "application/octet-stream"),
		"gzip":               post(string(gzipped(body(in, "")))).with("Content-Encoding", "gzip"),
		"too few":            p.json(infers(p.echo, input("x", "INT32", "[3]", "[1]"), "")),
		"not JSON":           post("x"),
		"no inputs":          post("{}"),
		"without a shape":    post(`{"inputs":[{"name":"x","datatype":"INT32","data":[1]}]}`),
		"unknown datatype":   p.json(infers(p.echo, input("x", "INT9", "[1]", "[1]"), "")),
		"NaN":                p.json(infers(p.echo, input("x", "FP32", "[1]", "[NaN]"), `"id":"a"`)),
		"unknown model":      p.json(infers(p.unknown, in, "")),
		"get":                {method: http.MethodGet, path: inferPath(p.echo)},
		"version":            p.json(rest{path: "/v2/models/" + p.echo + "/versions/1/infer", body: body(in, `"id":"a"`)}),
		"index":              post("{}").at("/v2/repository/index"),
		"index without body": {method: http.MethodPost, path: "/v2/repository/index"},
	}
	int32s := func(raw ...[]byte) *pb.ModelInferRequest {
		r := request(p.echo, inputs{tensor("x", "INT32", 2)}, raw...)
		r.Id = "a"
		return r
	}
	rpcs := called{
		"without an id":       infersRPC(request(p.echo, inputs{tensor("x", "INT32", 2)}, counted(2))),
		"unknown model":       infersRPC(request(p.unknown, inputs{tensor("x", "INT32", 2)}, counted(2))),
		"too few bytes":       infersRPC(int32s(counted(1))),
		"too few raw entries": infersRPC(int32s()),
		"raw entries left":    infersRPC(int32s(counted(2), counted(2))),
		"parameters": infersRPC(edited(int32s(counted(2)), func(r *pb.ModelInferRequest) {
			r.Parameters = parameters{"k": word("v"), "n": integer(1), "b": boolean(true)}
		})),
		"other parameters": infersRPC(edited(int32s(counted(2)), func(r *pb.ModelInferRequest) {
			r.Parameters = parameters{"u": unsigned(1), "d": double(0.5), "triton_enable_empty_final_response": boolean(true)}
		})),
		"empty":      infersRPC(request(p.echo, inputs{tensor("x", "INT32", 0)}, nil)),
		"one output": infersRPC(edited(int32s(counted(2)), func(r *pb.ModelInferRequest) { r.Outputs = []*requested{{Name: "x"}} })),
		"index":      {method: "RepositoryIndex", request: &pb.RepositoryIndexRequest{}, reply: &pb.RepositoryIndexResponse{}},
	}
	return append(rests.operations("odd"), rpcs.operations("odd")...)
}

// at is r at another path.
func (r rest) at(path string) rest {
	r.path = path
	return r
}

func kserveOperations() []Operation {
	p := pythonServer{echo: "kserve-echo", unknown: "nobody", models: []string{"kserve-double", "kserve-echo", "kserve-fail"}}
	fail := infersRPC(request("kserve-fail", inputs{tensor("x", "INT32", 1)}, le(int32(1))))
	twice := request("kserve-double", inputs{tensor("x", "FP32", 2)}, []byte(eight))
	twice.Id = "a"
	return append(p.operations(), fail.operation("fails"), infersRPC(twice).operation("double"),
		p.json(infers("kserve-fail", input("x", "INT32", "[1]", "[1]"), `"id":"a"`)).operation("fails"),
		p.json(infers("kserve-double", input("x", "FP32", "[2]", "[1,2.5]"), `"id":"a"`)).operation("double"),
		rest{path: "/v1/models"}.operation("v1/models"),
		rest{path: "/v1/models/kserve-double"}.operation("v1/model"),
		p.json(rest{path: "/v1/models/kserve-double:predict", body: []byte(`{"instances":[1,2.5]}`)}).operation("v1/predict"),
		p.json(rest{path: "/v1/models/nobody:predict", body: []byte(`{"instances":[1]}`)}).operation("v1/unknown model"),
		rest{path: "/v2/models"}.operation("models"))
}

func mlserverOperations() []Operation {
	p := pythonServer{echo: "mlserver-echo", unknown: "nobody", models: []string{"mlserver-echo", "mlserver-sum"}}
	row := le([]float64{1, 2, 3, 4})
	sum := request("mlserver-sum", inputs{tensor("x", "FP64", 1, 4)}, row)
	sum.Id = "a"
	typedSum := request("mlserver-sum", inputs{typed("x", "FP64", &pb.InferTensorContents{Fp64Contents: []float64{1, 2, 3, 4}}, 1, 4)})
	typedSum.Id = "a"
	wide := request("mlserver-sum", inputs{tensor("x", "FP64", 1, 5)}, append(row, row[:8]...))
	return append(p.operations(), infersRPC(sum).operation("sum/raw"), infersRPC(typedSum).operation("sum/typed"), infersRPC(wide).operation("sum/too wide"),
		p.json(infers("mlserver-sum", input("x", "FP64", "[1,4]", "[1,2,3,4]"), `"id":"a"`)).operation("sum"),
		p.json(infers("mlserver-sum", input("x", "FP64", "[1,5]", "[1,2,3,4,5]"), `"id":"a"`)).operation("sum/too wide"))
}
