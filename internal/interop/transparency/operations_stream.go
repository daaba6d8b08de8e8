package transparency

import (
	"google.golang.org/grpc"

	pb "github.com/manifold-serving/manifold/gen/inferencepb"
)

// streams are ModelStreamInfer beside sequences.
func streams() []Operation {
	var all []Operation
	for name, s := range map[string]stream{
		"nothing":                   {},
		"one":                       {requests: requests(ordinary("a", 1))},
		"without an id":             {requests: requests(ordinary("", 1))},
		"three in order":            {requests: requests(ordinary("a", 1), ordinary("b", 2), ordinary("c", 3))},
		"two of one id":             {requests: requests(ordinary("a", 1), ordinary("a", 2))},
		"in turn":                   {requests: requests(ordinary("a", 1), ordinary("b", 2)), wait: true},
		"empty final, ordinary":     {requests: requests(finally(ordinary("a", 1)))},
		"repeat":                    {requests: requests(repeating("a", 1, 2, 3))},
		"repeat joined":             {requests: requests(joined(repeating("a", 1, 2, 3)))},
		"repeat, empty final":       {requests: requests(finally(repeating("a", 1, 2, 3)))},
		"repeat joined, final":      {requests: requests(finally(joined(repeating("a", 1, 2))))},
		"repeat nothing":            {requests: requests(repeating("a"))},
		"repeat nothing, final":     {requests: requests(finally(repeating("a")))},
		"repeat of two":             {requests: requests(repeating("a", 1, 2, 3), repeating("b", 4, 5)), byID: true},
		"repeat with an error":      {requests: requests(repeating("a", 1, -2, 3))},
		"error and final":           {requests: requests(finally(repeating("a", 1, -2, 3)))},
		"error at the end, final":   {requests: requests(finally(repeating("a", 1, -2)))},
		"error alone":               {requests: requests(repeating("a", -1))},
		"delayed":                   {requests: requests(delayed(repeating("a", 1, 2, 3), 20, 20, 20))},
		"ensemble":                  {requests: requests(edited(ordinary("a", 1), func(r *pb.ModelInferRequest) { chained(r) }))},
		"unknown model":             {requests: requests(anything("nobody", "a"))},
		"unknown, then one":         {requests: requests(anything("nobody", "a"), ordinary("b", 1)), wait: true},
		"model does not load":       {requests: requests(anything("broken", "a"))},
		"unknown version":           {requests: requests(edited(ordinary("a", 1), func(r *pb.ModelInferRequest) { r.ModelVersion = "9" }))},
		"version is no number":      {requests: requests(edited(ordinary("a", 1), func(r *pb.ModelInferRequest) { r.ModelVersion = "x" }))},
		"unknown input":             {requests: requests(request("identity", inputs{tensor("NOBODY", "INT8", 1)}, []byte{1}))},
		"too few bytes":             {requests: requests(edited(request("identity", inputs{tensor("INT8", "INT8", 2)}, []byte{1}), func(r *pb.ModelInferRequest) { r.Id = "a" }))},
		"wrong, then one":           {requests: requests(request("identity", inputs{tensor("INT8", "INT8", 2)}, []byte{1}), ordinary("b", 1)), wait: true},
		"unknown output":            {requests: requests(edited(ordinary("a", 1), func(r *pb.ModelInferRequest) { r.Outputs = []*requested{{Name: "X"}} }))},
		"not a message":             {raw: [][]byte{[]byte("\xff\xff\xff")}},
		"one, then no message":      {requests: requests(ordinary("a", 1)), raw: [][]byte{[]byte("\xff\xff\xff")}, wait: true},
		"typed":                     {requests: requests(request("identity", inputs{typed("INT8", "INT8", &pb.InferTensorContents{IntContents: []int32{1}}, 1)}))},
		"classes":                   {requests: requests(classes())},
		"parameters":                {requests: requests(edited(anything("parameters", "p"), func(r *pb.ModelInferRequest) { r.Parameters = parameters{"a": word("b"), "priority": unsigned(1)} }))},
		"reserved parameter":        {requests: requests(edited(anything("parameters", "p"), func(r *pb.ModelInferRequest) { r.Parameters = parameters{"triton_x": word("b")} }))},
		"gzip":                      {requests: requests(ordinary("a", 1)), options: []grpc.CallOption{grpc.UseCompressor("gzip")}},
		"deflate":                   {requests: requests(ordinary("a", 1)), options: []grpc.CallOption{grpc.UseCompressor("deflate")}},
		"grpc_error, no error":      {requests: requests(ordinary("a", 1)), metadata: grpcError("true")},
		"grpc_error, unknown model": {requests: requests(anything("nobody", "a")), metadata: grpcError("true")},
		"grpc_error false":          {requests: requests(anything("nobody", "a")), metadata: grpcError("false")},
	} {
		all = append(all, s.operation(name))
	}
	for _, code := range codes() {
		all = append(all, stream{requests: requests(edited(request("fail", inputs{tensor("CODE", "BYTES", 1)}, texts(code)), func(r *pb.ModelInferRequest) { r.Id = "a" }))}.operation("fails/"+code))
	}
	return all
}

func requests(all ...*pb.ModelInferRequest) []*pb.ModelInferRequest { return all }

// ordinary is a request that is answered once.
func ordinary(id string, value int8) *pb.ModelInferRequest {
	r := request("identity", inputs{tensor("INT8", "INT8", 1)}, le(value))
	r.Id = id
	return r
}

func anything(model, id string) *pb.ModelInferRequest {
	r := request(model, inputs{tensor("ANY", "INT32", 1)}, le(int32(0)))
	r.Id = id
	return r
}

// repeating is a request that is answered with each value.
func repeating(id string, values ...int32) *pb.ModelInferRequest {
	r := request("repeat", inputs{tensor("IN", "INT32", int64(len(values)))}, le(values))
	r.Id = id
	return r
}

// delayed is r with milliseconds before each answer.
func delayed(r *pb.ModelInferRequest, ms ...uint32) *pb.ModelInferRequest {
	r.Inputs = append(r.Inputs, tensor("DELAY", "UINT32", int64(len(ms))))
	r.RawInputContents = append(r.RawInputContents, le(ms))
	return r
}

// joined is r whose last answer is its final one.
func joined(r *pb.ModelInferRequest) *pb.ModelInferRequest {
	r.Inputs = append(r.Inputs, tensor("JOINED", "BOOL", 1))
	r.RawInputContents = append(r.RawInputContents, []byte{1})
	return r
}

// finally is r that wants to be told of its end.
func finally(r *pb.ModelInferRequest) *pb.ModelInferRequest {
	r.Parameters = parameters{"triton_enable_empty_final_response": boolean(true)}
	return r
}

func chained(r *pb.ModelInferRequest) {
	r.ModelName = "chain"
	r.Inputs = inputs{tensor("INPUT0", "INT32", 1, 16), tensor("INPUT1", "INT32", 1, 16)}
	r.RawInputContents = [][]byte{counted(16), counted(16)}
}

func classes() *pb.ModelInferRequest {
	r := request("label", inputs{tensor("INPUT0", "FP32", 1, 4)}, le([]float32{1, 3, 2, 4}))
	r.Outputs = []*requested{{Name: "OUTPUT0", Parameters: parameters{"classification": integer(2)}}}
	return r
}
