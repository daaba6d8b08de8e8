package v1json_test

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/tensorjson"
	"github.com/manifold-serving/manifold/infer/v1json"
)

// model is the metadata of inputs that are written "a:FP32[-1,2] b:BYTES[-1]".
func model(tb testing.TB, inputs string) *infer.Metadata {
	tb.Helper()
	m := &infer.Metadata{Name: "m"}
	for text := range strings.FieldsSeq(inputs) {
		name, rest, _ := strings.Cut(text, ":")
		datatype, dims, _ := strings.Cut(strings.TrimSuffix(rest, "]"), "[")
		t := infer.TensorMetadata{Name: name, DataType: infer.DataType(datatype)}
		for dim := range strings.SplitSeq(dims, ",") {
			var d int64
			if n, _ := fmt.Sscan(dim, &d); n == 1 {
				t.Shape = append(t.Shape, d)
			}
		}
		m.Inputs = append(m.Inputs, t)
	}
	return m
}

// oip is the message in OIP's own JSON.
func oip(tb testing.TB, req *infer.Request) string {
	tb.Helper()
	text, err := tensorjson.AppendRequest(nil, req, tensorjson.Options{Base64Bytes: true})
	if err != nil {
		tb.Fatal(err)
	}
	return string(text)
}

// Source: TensorFlow Serving, "RESTful API", and its http_rest_api_util tests.
func TestV1Requests(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, model, body, want string
		form                    v1json.Form
	}{
		{"rows of one input", "x:FP32[-1,2]", `{"instances":[[1,2.5],[3e0,-0.0]]}`, `{"inputs":[{"name":"x","datatype":"FP32","shape":[2,2],"data":[1,2.5,3,-0.0]}]}`, v1json.Rows},
		{
			"rows by name", "a:INT64[-1] b:BYTES[-1,2]", `{"signature_name":"s","instances":[{"a":1,"b":["x","y"]},{"b":["","é"],"a":9223372036854775807}]}`,
			`{"inputs":[{"name":"a","datatype":"INT64","shape":[2],"data":[1,9223372036854775807]},{"name":"b","datatype":"BYTES","shape":[2,2],"data":["x","y","","é"]}]}`, v1json.Rows,
		},
		{"rows of one input by name", "x:INT8[-1]", `{"instances":[{"x":-128},{"x":127}]}`, `{"inputs":[{"name":"x","datatype":"INT8","shape":[2],"data":[-128,127]}]}`, v1json.Rows},
		{
			"columns", "a:UINT64[-1,1] b:BOOL[-1]", `{"inputs":{"b":[true,false],"a":[[18446744073709551615],[0]]}}`,
			`{"inputs":[{"name":"a","datatype":"UINT64","shape":[2,1],"data":[18446744073709551615,0]},{"name":"b","datatype":"BOOL","shape":[2],"data":[true,false]}]}`, v1json.Columns,
		},
		{"a bare column", "x:FP64[2,2]", `{"inputs":[[NaN,Infinity],[-Infinity,0.1]]}`, `{"inputs":[{"name":"x","datatype":"FP64","shape":[2,2],"data":[NaN,Infinity,-Infinity,0.1]}]}`, v1json.Columns},
		{"a scalar", "x:INT32[]", `{"inputs":7}`, `{"inputs":[{"name":"x","datatype":"INT32","shape":[],"data":[7]}]}`, v1json.Columns},
		{"a scalar as the one row", "x:INT32[]", `{"instances":[7]}`, `{"inputs":[{"name":"x","datatype":"INT32","shape":[],"data":[7]}]}`, v1json.Rows},
		{"b64", "x:BYTES[-1]", `{"instances":[{"b64":"/wA="},"text"]}`, `{"inputs":[{"name":"x","datatype":"BYTES","shape":[2],"parameters":{"content_type":"base64"},"data":["/wA=","dGV4dA=="]}]}`, v1json.Rows},
		{
			"b64 by name", "x:BYTES[-1] y:INT8[-1]", `{"instances":[{"x":{"b64":"aGk="},"y":1}]}`,
			`{"inputs":[{"name":"x","datatype":"BYTES","shape":[1],"data":["hi"]},{"name":"y","datatype":"INT8","shape":[1],"data":[1]}]}`, v1json.Rows,
		},
		{"an input named b64", "b64:BYTES[-1]", `{"instances":[{"b64":"aGk="}]}`, `{"inputs":[{"name":"b64","datatype":"BYTES","shape":[1],"data":["aGk="]}]}`, v1json.Rows},
		{"no rows", "x:FP32[-1,3]", `{"instances":[]}`, `{"inputs":[{"name":"x","datatype":"FP32","shape":[0,3],"data":[]}]}`, v1json.Rows},
		{"empty rows", "x:FP32[-1,-1]", `{"instances":[[],[]]}`, `{"inputs":[{"name":"x","datatype":"FP32","shape":[2,0],"data":[]}]}`, v1json.Rows},
		{"an unknown shape", "x:FP32[-1]", `{"instances":[[[1]]]}`, `{"inputs":[{"name":"x","datatype":"FP32","shape":[1,1,1],"data":[1]}]}`, v1json.Rows},
		{"optional inputs", "a:FP32[-1] b:FP32[-1]", `{"inputs":{"b":[1]}}`, `{"inputs":[{"name":"b","datatype":"FP32","shape":[1],"data":[1]}]}`, v1json.Columns},
		{"parameters", "x:FP32[-1]", `{"parameters":{"n":1,"t":"x"},"instances":[1]}`, `{"parameters":{"n":1,"t":"x"},"inputs":[{"name":"x","datatype":"FP32","shape":[1],"data":[1]}]}`, v1json.Rows},
		{"white space", "x:INT8[-1,2]", " {\n\t\"instances\" : [ [ 1 , 2 ] , [ 3 ,4 ] ] , \"more\" : {} } ", `{"inputs":[{"name":"x","datatype":"INT8","shape":[2,2],"data":[1,2,3,4]}]}`, v1json.Rows},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			req, form, err := v1json.DecodeRequest([]byte(test.body), infer.Head{ModelName: "m"}, model(t, test.model))
			if err != nil {
				t.Fatal(err)
			}
			defer req.Free()
			if err := req.Validate(); err != nil {
				t.Error(err)
			}
			if got := oip(t, req); got != test.want || form != test.form {
				t.Errorf("%s\nwant %s", got, test.want)
			}
		})
	}
}

func TestV1RequestsThatAreRefused(t *testing.T) {
	t.Parallel()
	tests := []struct{ model, body, want string }{
		{"x:FP32[-1]", ``, `the body is empty; send a JSON object with "instances" or "inputs"`},
		{"x:FP32[-1]", `{}`, `the body has neither "instances" nor "inputs"; send one of them`},
		{"x:FP32[-1]", `{"instances":[1],"inputs":[1]}`, `the body has "instances" or "inputs" twice; send one of them, once`},
		{"x:FP32[-1]", `{"instances":1}`, `instances: they are 1; send a list of rows`},
		{"x:FP32[-1,2]", `{"instances":[[1,2],[3]]}`, `instances: input "x": its lists at depth 1 have 2 and 1 elements; send lists of one length`},
		{"x:FP32[-1,2]", `{"instances":[[1,2],3]}`, `instances: input "x": an element stands beside lists at depth 1; nest all lists to the same depth`},
		{"x:FP32[-1,2]", `{"instances":[3,[1,2]]}`, `instances: input "x": a list stands beside elements at depth 1; nest all lists to the same depth`},
		{"x:FP32[-1,2]", `{"instances":[{"x":[1,2]},{"x":[1]}]}`, `instances: input "x": row 1: its lists at depth 0 have 2 and 1 elements; send lists of one length`},
		{"x:FP32[-1,3]", `{"instances":[[1,2]]}`, `input "x": its lists make shape [1,2], and the model's is [-1,3]`},
		{"x:INT8[-1]", `{"instances":[1,128]}`, `instances: input "x": element 1: 128 is not a whole number from -128 to 127, as INT8 holds`},
		{"x:INT8[-1]", `{"instances":[1.0]}`, `instances: input "x": element 0: 1.0 is not a whole number from -128 to 127, as INT8 holds`},
		{"x:FP32[-1]", `{"instances":[null]}`, `instances: input "x": element 0: null is not a number that FP32 holds (up to 3.4028235e38, or NaN, Infinity, -Infinity)`},
		{"x:BYTES[-1]", `{"instances":[1]}`, `instances: input "x": element 0: 1 is not a string`},
		{"x:BYTES[-1]", `{"inputs":[{"b64":"?"}]}`, `inputs: input "x": element 0: its b64 is not base64: illegal base64 data at input byte 0`},
		{"x:BYTES[-1]", `{"inputs":["a",{"b":"c"}]}`, `inputs: input "x": element 1 is an object; send a string, or {"b64": "…"} with the bytes in base64`},
		{"x:FP16[-1]", `{"instances":[1]}`, `instances: input "x": FP16 has no JSON form; send it over /v2 as binary data, or over gRPC`},
		{"a:FP32[-1] b:FP32[-1]", `{"instances":[1]}`, `instances: the model takes 2 inputs, [a, b]; send objects with a value for each name`},
		{"a:FP32[-1] b:FP32[-1]", `{"instances":[{"c":1}]}`, `instances: row 0: there is no input "c"; the model takes [a, b]`},
		{"a:FP32[-1] b:FP32[-1]", `{"instances":[{"a":1,"b":1},{"a":1}]}`, `instances: input "b": row 1 is without it; each row has the same names`},
		{"a:FP32[-1] b:FP32[-1]", `{"instances":[{"a":1},{"a":1,"b":1}]}`, `instances: input "b": row 0 is without it; each row has the same names`},
		{"a:FP32[-1] b:FP32[-1]", `{"instances":[{"a":1,"a":1}]}`, `instances: input "a": it is there twice; send it once`},
		{"a:FP32[-1] b:FP32[-1]", `{"inputs":{"a":1,"a":1}}`, `inputs: input "a": it is there twice; send it once`},
		{"a:FP32[-1] b:FP32[-1]", `{"instances":[{"a":1,"b":2},3]}`, `instances: row 1 is 3; send objects as in the rows before`},
		{"x:FP32[-1]", `{"instances":[1]} x`, `invalid JSON at byte 18: x instead of the end of the body`},
		{"x:FP32[-1]", `{"instances":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`, `instances: input "x": its lists nest deeper than 32`},
		{"x:FP32[-1]", `{"parameters":{"shared_memory_region":"r"},"instances":[1]}`, `shared_memory_region: shared memory cannot be reached through the gateway; send the tensors in the body`},
	}
	for _, test := range tests {
		t.Run(test.body, func(t *testing.T) {
			t.Parallel()
			req, _, err := v1json.DecodeRequest([]byte(test.body), infer.Head{ModelName: "m"}, model(t, test.model))
			if err == nil {
				req.Free()
				t.Fatal("it is accepted")
			}
			if infer.CodeOf(err) != codes.InvalidArgument || err.Error() != test.want {
				t.Errorf("%v: %v\nwant %s", infer.CodeOf(err), err, test.want)
			}
		})
	}
}

func TestV1NeedsMetadata(t *testing.T) {
	t.Parallel()
	_, _, err := v1json.DecodeRequest([]byte(`{"instances":[1]}`), infer.Head{ModelName: "m"}, &infer.Metadata{})
	if infer.CodeOf(err) != codes.FailedPrecondition {
		t.Errorf("%v", err)
	}
}

// TestB64IsBytesWhateverIsDeclared: a model that takes pictures says what it computes with, and reads bytes all the same.
func TestB64IsBytesWhateverIsDeclared(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"instances":[{"b64":"aGk="},{"b64":""}]}`, `{"instances":[{"a":{"b64":"aGk="}},{"a":{"b64":""}}]}`,
		`{"inputs":[{"b64":"aGk="},{"b64":""}]}`, `{"inputs":{"a":[{"b64":"aGk="},{"b64":""}]}}`,
	} {
		req, _, err := v1json.DecodeRequest([]byte(body), infer.Head{ModelName: "m"}, model(t, "a:FP32[-1,3,28,28]"))
		if err != nil {
			t.Errorf("%s: %v", body, err)
			continue
		}
		tensor := req.Tensors()[0]
		data, err := tensor.Bytes()
		if err != nil || tensor.DataType != infer.Bytes || len(tensor.Shape) != 1 || tensor.Shape[0] != 2 || string(data) != "\x02\x00\x00\x00hi\x00\x00\x00\x00" {
			t.Errorf("%s: %s %v %q, %v", body, tensor.DataType, tensor.Shape, data, err)
		}
		req.Free()
	}
	if _, _, err := v1json.DecodeRequest([]byte(`{"instances":[{"b64":"aGk="},1]}`), infer.Head{ModelName: "m"}, model(t, "a:FP32[-1]")); err == nil {
		t.Error("a number stands beside bytes")
	}
}
