package transparency

import (
	"regexp"
	"slices"
	"strings"

	pb "github.com/manifold-serving/manifold/gen/inferencepb"
)

// twinOperations are those of all models that oiptest has, too: without configurations, in which a Triton tells how it runs a model,
// lists of all models, and what loads and unloads. Texts as ids of sequences are not compared: a Triton 2.51 gets them wrong for models
// that batch.
func twinOperations() []Operation {
	without := regexp.MustCompile(`parameter|^grpc/aside/|config|/index|/closed/|/(un)?load$|statistics/all|sequence.*text|string_dyna|control/server$|statistics/version`)
	all := slices.Concat(operations(), examples())
	return slices.DeleteFunc(all, func(o Operation) bool { return without.MatchString(o.Name) })
}

// examples are what Triton's examples and QA scripts ask of their models.
func examples() []Operation {
	var all []Operation
	for _, m := range []string{
		"simple_sequence", "simple_dyna_sequence", "simple_string_dyna_sequence", "square_int32", "repeat_int32", "mock_llm", "nan_inf_output",
		"measure", "zeros", "simple_identity", "onnx_zero_1_float32", "onnx_zero_3_float32", "identity_bf16",
	} {
		all = append(all, rest{path: "/v2/models/" + m}.operation("example/"+m+"/metadata"))
	}
	all = append(all, exampleSequences()...)
	all = append(all, exampleStreams()...)
	for _, s := range samples() {
		model := "identity_" + strings.ToLower(s.datatype)
		all = append(all, infersRPC(request(model, inputs{tensor("INPUT0", s.datatype, 1, 3)}, s.raw)).operation("example/"+model))
	}
	return append(all, named{
		"nan_inf_output":        infers("nan_inf_output", input("INPUT0", "FP32", "[1]", "[0]"), ""),
		"measure":               infers("measure", input("DATA", "UINT8", "[3]", "[1,2,3]"), ""),
		"zeros":                 infers("zeros", input("SIZE", "INT64", "[1]", "[3]"), ""),
		"zero elements":         infers("onnx_zero_1_float32", input("INPUT0", "FP32", "[1,0]", "[]"), ""),
		"zero elements of 3":    infers("onnx_zero_3_float32", input("INPUT0", "FP32", "[1,0]", "[]")+","+input("INPUT1", "FP32", "[1,0]", "[]")+","+input("INPUT2", "FP32", "[1,0]", "[]"), ""),
		"zero, nobatch":         infers("onnx_zero_nobatch_1_float32", input("INPUT0", "FP32", "[0]", "[]"), ""),
		"one element":           infers("onnx_zero_1_object_1_element", input("INPUT0", "BYTES", "[1,1]", `["a"]`), ""),
		"mock_llm":              {path: "/v2/models/mock_llm/generate", body: []byte(`{"PROMPT":"hello","STREAM":false}`)},
		"mock_llm empty":        {path: "/v2/models/mock_llm/generate", body: []byte(`{"PROMPT":"hello","STREAM":false,"OUTPUT_0_DIM":true}`)},
		"mock_llm many":         {path: "/v2/models/mock_llm/generate_stream", body: []byte(`{"PROMPT":"hello","STREAM":true,"REPETITION":3}`)},
		"mock_llm fails":        {path: "/v2/models/mock_llm/generate_stream", body: []byte(`{"PROMPT":"hello","STREAM":true,"REPETITION":2,"FAIL_LAST":true}`)},
		"mock_llm fails at one": {path: "/v2/models/mock_llm/generate", body: []byte(`{"PROMPT":"hello","STREAM":true,"REPETITION":0,"FAIL_LAST":true}`)},
	}.operations("example")...)
}

func exampleSequences() []Operation {
	var all []Operation
	for model, id := range map[string]*pb.InferParameter{
		"simple_sequence": integer(1001), "simple_dyna_sequence": integer(1002), "simple_string_dyna_sequence": word("1003"),
	} {
		var s stream
		values := []int32{0, 11, 7, 5, 3, 2, 0, 1}
		for i, v := range values {
			r := request(model, inputs{tensor("INPUT", "INT32", 1, 1)}, le(v))
			r.Parameters = parameters{"sequence_id": id, "sequence_start": boolean(i == 0), "sequence_end": boolean(i == len(values)-1)}
			s.requests = append(s.requests, r)
		}
		all = append(all, s.operation("example/"+model))
	}
	return all
}

func exampleStreams() []Operation {
	square := func(n int32) *pb.ModelInferRequest {
		return request("square_int32", inputs{tensor("IN", "INT32", 1)}, le(n))
	}
	repeat := request("repeat_int32", inputs{tensor("IN", "INT32", 3), tensor("DELAY", "UINT32", 3), tensor("WAIT", "UINT32", 1)},
		le([]int32{4, 2, 9}), le([]uint32{1, 1, 1}), le(uint32(0)))
	return []Operation{
		stream{requests: requests(square(0))}.operation("example/square of 0"),
		stream{requests: requests(square(4))}.operation("example/square of 4"),
		stream{requests: requests(finally(square(2)))}.operation("example/square, final"),
		stream{requests: requests(repeat)}.operation("example/repeat"),
	}
}
