package transparency

import (
	"bytes"
	"context"
	"math"
	"strings"
	"time"

	"google.golang.org/grpc"

	pb "github.com/manifold-serving/manifold/gen/inferencepb"
)

// called are unary calls by name.
type called map[string]rpc

func (c called) operations(kind string) []Operation {
	all := make([]Operation, 0, len(c))
	for name, r := range c {
		all = append(all, r.operation(kind+"/"+name))
	}
	return all
}

// simpleRPC is a request to simple that edits change.
func simpleRPC(edits ...func(*pb.ModelInferRequest)) rpc {
	return infersRPC(edited(request("simple", inputs{tensor("INPUT0", "INT32", 1, 16), tensor("INPUT1", "INT32", 1, 16)}, counted(16), counted(16)), edits...))
}

func edited(r *pb.ModelInferRequest, edits ...func(*pb.ModelInferRequest)) *pb.ModelInferRequest {
	for _, edit := range edits {
		edit(r)
	}
	return r
}

// counted is n of INT32, from 0.
func counted(n int32) []byte {
	var b []byte
	for i := range n {
		b = append(b, le(i)...)
	}
	return b
}

func rpcAnswers() []Operation {
	version := func(model, v string) rpc {
		r := request(model, inputs{tensor("ANY", "INT32", 1)}, le(int32(0)))
		r.ModelVersion = v
		return infersRPC(r)
	}
	want := func(names ...string) func(*pb.ModelInferRequest) {
		return func(r *pb.ModelInferRequest) {
			for _, n := range names {
				r.Outputs = append(r.Outputs, &requested{Name: n})
			}
		}
	}
	compressed := func(name string) rpc {
		r := simpleRPC()
		r.options = []grpc.CallOption{grpc.UseCompressor(name)}
		return r
	}
	return called{
		"simple":                 simpleRPC(),
		"id":                     simpleRPC(func(r *pb.ModelInferRequest) { r.Id = "ü a" }),
		"ensemble":               simpleRPC(func(r *pb.ModelInferRequest) { r.ModelName, r.Id = "chain", "e" }),
		"latest version":         version("two", ""),
		"version 1":              version("two", "1"),
		"version 2":              version("two", "2"),
		"version 9":              version("two", "9"),
		"version 0":              version("two", "0"),
		"version -1":             version("two", "-1"),
		"version x":              version("two", "x"),
		"version 1x":             version("two", "1x"),
		"one output":             simpleRPC(want("OUTPUT1")),
		"outputs in other order": simpleRPC(want("OUTPUT1", "OUTPUT0")),
		"output twice":           simpleRPC(want("OUTPUT0", "OUTPUT0")),
		"unknown output":         simpleRPC(want("OUTPUT9")),
		"nameless output":        simpleRPC(want("")),
		"gzip":                   compressed("gzip"),
		"deflate":                compressed("deflate"),
		"extremes":               infersRPC(request("extremes", inputs{tensor("ANY", "INT32", 1)}, le(int32(0)))),
		"empty":                  infersRPC(request("identity", inputs{tensor("FP32", "FP32", 0)}, nil)),
		"empty without raw":      infersRPC(request("identity", inputs{tensor("FP32", "FP32", 0)})),
		"empty typed":            infersRPC(request("identity", inputs{typed("FP32", "FP32", &pb.InferTensorContents{}, 0)})),
		"empty contents and raw": infersRPC(request("identity", inputs{typed("INT8", "INT8", &pb.InferTensorContents{}, 1)}, []byte{1})),
		"bytes not UTF-8":        infersRPC(request("identity_bytes", inputs{tensor("INPUT0", "BYTES", 2)}, texts("\xff\x00", ""))),
		"NaN with a payload":     infersRPC(request("identity", inputs{tensor("FP32", "FP32", 2)}, le([]uint32{0x7fc00001, 0xff800123}))),
		"typed beyond the width": infersRPC(request("identity", inputs{typed("UINT8", "UINT8", &pb.InferTensorContents{UintContents: []uint32{256}}, 1)})),
		"typed NaN":              infersRPC(request("identity", inputs{typed("FP64", "FP64", &pb.InferTensorContents{Fp64Contents: []float64{math.NaN()}}, 1)})),
		"two of the optional":    infersRPC(request("identity", inputs{tensor("INT8", "INT8", 1), tensor("BOOL", "BOOL", 1)}, []byte{1}, []byte{1})),
		"none of the optional":   infersRPC(request("identity", nil)),
		"a mebibyte":             infersRPC(request("identity_bytes", inputs{tensor("INPUT0", "BYTES", 1)}, texts(strings.Repeat("x", 1<<20)))),
		"eight mebibytes":        infersRPC(request("identity", inputs{tensor("UINT8", "UINT8", 8<<20)}, bytes.Repeat([]byte{7}, 8<<20))),
		"decoupled":              infersRPC(request("repeat", inputs{tensor("IN", "INT32", 1)}, le(int32(1)))),
		"model does not load":    version("broken", ""),
		"unknown model":          version("nobody", ""),
		"no model":               version("", ""),
	}.operations("infer")
}

func rpcRefusals() []Operation {
	bad := func(model string, in inputs, raw ...[]byte) rpc { return infersRPC(request(model, in, raw...)) }
	int8s := func(shape ...int64) inputs { return inputs{tensor("INT8", "INT8", shape...)} }
	garbage := func(raw string) rpc {
		return rpc{method: "ModelInfer", raw: []byte(raw), reply: &pb.ModelInferResponse{}}
	}
	return called{
		"nothing":                   bad("simple", nil),
		"missing input":             bad("simple", inputs{tensor("INPUT0", "INT32", 1, 16)}, counted(16)),
		"unknown input":             bad("identity", inputs{tensor("NOBODY", "INT8", 1)}, []byte{1}),
		"nameless input":            bad("identity", inputs{tensor("", "INT8", 1)}, []byte{1}),
		"input twice":               bad("identity", inputs{tensor("INT8", "INT8", 1), tensor("INT8", "INT8", 1)}, []byte{1}, []byte{2}),
		"wrong datatype":            bad("identity", inputs{tensor("INT8", "INT16", 1)}, []byte{1, 2}),
		"unknown datatype":          bad("identity", inputs{tensor("INT8", "INT9", 1)}, []byte{1}),
		"no datatype":               bad("identity", inputs{tensor("INT8", "", 1)}, []byte{1}),
		"no shape":                  bad("identity", int8s(), []byte{1}),
		"wrong rank":                bad("identity", int8s(1, 1), []byte{1}),
		"wrong dim":                 bad("fixed_fp32", inputs{tensor("INPUT0", "FP32", 3, 2)}, make([]byte, 24)),
		"negative dim":              bad("identity", int8s(-1), []byte{1}),
		"too few bytes":             bad("identity", int8s(2), []byte{1}),
		"too many bytes":            bad("identity", int8s(1), []byte{1, 2}),
		"half an element":           bad("identity", inputs{tensor("FP32", "FP32", 1)}, []byte{1, 2}),
		"no raw entry":              bad("identity", int8s(1)),
		"raw entries left":          bad("identity", int8s(1), []byte{1}, []byte{2}),
		"raw entries missing":       bad("simple", inputs{tensor("INPUT0", "INT32", 1, 16), tensor("INPUT1", "INT32", 1, 16)}, counted(16)),
		"contents and raw":          bad("identity", inputs{typed("INT8", "INT8", &pb.InferTensorContents{IntContents: []int32{1}}, 1)}, []byte{1}),
		"too few contents":          bad("identity", inputs{typed("INT8", "INT8", &pb.InferTensorContents{IntContents: []int32{1}}, 2)}),
		"too many contents":         bad("identity", inputs{typed("INT8", "INT8", &pb.InferTensorContents{IntContents: []int32{1, 2}}, 1)}),
		"contents of another kind":  bad("identity", inputs{typed("INT8", "INT8", &pb.InferTensorContents{UintContents: []uint32{1}}, 1)}),
		"typed half":                bad("identity", inputs{typed("FP16", "FP16", &pb.InferTensorContents{Fp32Contents: []float32{1}}, 1)}),
		"text that lies":            bad("identity_bytes", inputs{tensor("INPUT0", "BYTES", 1)}, []byte("\x09\x00\x00\x00a")),
		"text cut in its length":    bad("identity_bytes", inputs{tensor("INPUT0", "BYTES", 1)}, []byte("\x01\x00")),
		"too few texts":             bad("identity_bytes", inputs{tensor("INPUT0", "BYTES", 2)}, texts("a")),
		"too many texts":            bad("identity_bytes", inputs{tensor("INPUT0", "BYTES", 1)}, texts("a", "b")),
		"batch too large":           bad("vector_fp32", inputs{tensor("INPUT0", "FP32", 9, 1)}, make([]byte, 36)),
		"batches of two sizes":      bad("simple", inputs{tensor("INPUT0", "INT32", 1, 16), tensor("INPUT1", "INT32", 2, 16)}, counted(16), counted(32)),
		"not a message":             garbage("\xff\xff\xff"),
		"cut message":               garbage("\x0a\x09abc"),
		"empty message":             garbage(""),
		"group":                     garbage("\x0b\x0c"),
		"unknown fields":            garbage("\x0a\x08identity\xfa\x3e\x03abc"),
		"model name not UTF-8":      garbage("\x0a\x02\xff\xfe"),
		"shared memory":             bad("identity", inputs{{Name: "INT8", Datatype: "INT8", Shape: []int64{1}, Parameters: parameters{"shared_memory_region": word("r"), "shared_memory_byte_size": integer(1)}}}),
		"binary size, as KServe":    bad("identity", inputs{{Name: "INT8", Datatype: "INT8", Shape: []int64{1}, Parameters: parameters{"binary_data_size": integer(1)}}}, []byte{1}),
		"content type, as MLServer": bad("identity", inputs{{Name: "INT8", Datatype: "INT8", Shape: []int64{1}, Parameters: parameters{"content_type": word("np")}}}, []byte{1}),
	}.operations("refused")
}

func rpcAsides() []Operation {
	ask := func(p parameters) rpc {
		r := request("parameters", inputs{tensor("ANY", "INT32", 1)}, le(int32(0)))
		r.Parameters, r.Id = p, "p"
		return infersRPC(r)
	}
	classes := func(model string, in inputs, raw []byte, p *pb.InferParameter) rpc {
		r := request(model, in, raw)
		r.Outputs = []*requested{{Name: "OUTPUT0", Parameters: parameters{"classification": p}}}
		return infersRPC(r)
	}
	scores := le([]float32{0.1, 0.4, 0.3, 0.2, 5, 4, 3, 2})
	label := inputs{tensor("INPUT0", "FP32", 2, 4)}
	all := called{
		"none":                ask(nil),
		"every kind":          ask(parameters{"a": word("b"), "b": boolean(false), "i": integer(math.MinInt64), "d": double(0.5)}),
		"unsigned":            ask(parameters{"u": unsigned(1)}),
		"nothing":             ask(parameters{"n": {}}),
		"priority":            ask(parameters{"priority": integer(1)}),
		"priority unsigned":   ask(parameters{"priority": unsigned(1)}),
		"priority text":       ask(parameters{"priority": word("1")}),
		"timeout":             ask(parameters{"timeout": integer(1000000)}),
		"timeout text":        ask(parameters{"timeout": word("1")}),
		"sequence":            ask(parameters{"sequence_id": integer(7), "sequence_start": boolean(true), "sequence_end": boolean(true)}),
		"sequence text":       ask(parameters{"sequence_id": word("seven")}),
		"sequence unsigned":   ask(parameters{"sequence_id": unsigned(7)}),
		"start is no boolean": ask(parameters{"sequence_start": integer(1)}),
		"empty final":         ask(parameters{"triton_enable_empty_final_response": boolean(true)}),
		"empty final, text":   ask(parameters{"triton_enable_empty_final_response": word("x")}),
		"reserved":            ask(parameters{"triton_final_response": boolean(true)}),
		"binary output":       ask(parameters{"binary_data_output": boolean(true)}),
		"headers":             ask(parameters{"headers": word("x")}),
		"classes":             classes("label", label, scores, integer(2)),
		"more classes":        classes("label", label, scores, integer(9)),
		"no classes":          classes("label", label, scores, integer(0)),
		"negative classes":    classes("label", label, scores, integer(-1)),
		"classes of a text":   classes("label", label, scores, word("2")),
		"classes unsigned":    classes("label", label, scores, unsigned(2)),
		"classes unlabelled":  classes("identity_fp32", inputs{tensor("INPUT0", "FP32", 2, 3)}, le([]float32{1, 3, 2, 9, 8, 7}), integer(2)),
	}
	for _, code := range codes() {
		all["fails "+code] = infersRPC(request("fail", inputs{tensor("CODE", "BYTES", 1)}, texts(code)))
	}
	return all.operations("aside")
}

// late are calls that end before their answer.
func late() []Operation {
	slow := infersRPC(request("slow", inputs{tensor("MS", "INT32", 1)}, le(int32(4000))))
	within := func(end func(context.Context) (context.Context, context.CancelFunc)) func(context.Context, Target) Observation {
		return func(ctx context.Context, target Target) Observation {
			ctx, cancel := end(ctx)
			defer cancel()
			o := slow.observe(ctx, target)
			delete(o, "error") // in the words of the client
			return o
		}
	}
	return []Operation{
		{Name: "grpc/late/deadline", Do: within(func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, 50*time.Millisecond)
		})},
		{Name: "grpc/late/cancelled", Do: within(func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			time.AfterFunc(50*time.Millisecond, cancel)
			return ctx, cancel
		})},
		{Name: "grpc/late/answered", Do: infersRPC(request("slow", inputs{tensor("MS", "INT32", 1)}, le(int32(1)))).observe},
	}
}

// sequences are requests that belong together.
func sequences() []Operation {
	ask := func(model string, id *pb.InferParameter, value int32, start, end bool) *pb.ModelInferRequest {
		r := request(model, inputs{tensor("INPUT", "INT32", 1, 1)}, le(value))
		r.Parameters = parameters{"sequence_id": id, "sequence_start": boolean(start), "sequence_end": boolean(end)}
		r.Id = "s"
		return r
	}
	all := func(model string, id *pb.InferParameter) []*pb.ModelInferRequest {
		return []*pb.ModelInferRequest{ask(model, id, 11, true, false), ask(model, id, 7, false, false), ask(model, id, -5, false, true)}
	}
	inTurn := func(requests []*pb.ModelInferRequest) func(context.Context, Target) Observation {
		return func(ctx context.Context, target Target) Observation {
			o := Observation{}
			for i, r := range requests {
				o.put(string(rune('0'+i)), infersRPC(r).observe(ctx, target))
			}
			return o
		}
	}
	streamed := func(requests []*pb.ModelInferRequest) stream { return stream{requests: requests, wait: true} }
	return []Operation{
		{Name: "grpc/sequence/number", Do: inTurn(all("sequence", integer(41)))},
		{Name: "grpc/sequence/text", Do: inTurn(all("sequence_text", word("a sequence")))},
		{Name: "grpc/sequence/without a start", Do: inTurn([]*pb.ModelInferRequest{ask("sequence", integer(42), 1, false, false)})},
		{Name: "grpc/sequence/without an id", Do: inTurn([]*pb.ModelInferRequest{ask("sequence", integer(0), 1, true, true)})},
		streamed(all("sequence", integer(43))).operation("sequence/number"),
		streamed(all("sequence_text", word("streamed"))).operation("sequence/text"),
		stream{requests: all("sequence", integer(44))}.operation("sequence/at once"),
	}
}

// grpcError ends a stream at its first error.
func grpcError(value string) []string { return []string{"triton_grpc_error", value} }
