package server_test

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

// TestTruncatedMessages: C10. A cut between fields can be a valid message; everywhere else it is the client's fault.
func TestTruncatedMessages(t *testing.T) {
	t.Parallel()
	g := start(t, &catalog{models: models()})
	req := small("echo")
	req.Outputs = []*inferencepb.ModelInferRequest_InferRequestedOutputTensor{{Name: "x"}}
	req.Parameters = map[string]*inferencepb.InferParameter{"k": {ParameterChoice: &inferencepb.InferParameter_DoubleParam{DoubleParam: 1}}}
	message, err := proto.Marshal(req)
	if err != nil {
		t.Fatal(err)
	}
	for n := range message {
		if _, err := g.send(t.Context(), message[:n]); status.Code(err) != codes.InvalidArgument {
			whole := proto.Unmarshal(message[:n], &inferencepb.ModelInferRequest{}) == nil
			if !whole || err != nil {
				t.Errorf("%d of %d bytes: %v, want INVALID_ARGUMENT", n, len(message), err)
			}
		}
	}
}

func field(number protowire.Number, value []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, number, protowire.BytesType), value)
}

func TestBadMessages(t *testing.T) {
	t.Parallel()
	g := start(t, &catalog{models: models()})
	name := field(1, []byte("echo"))
	with := func(change func(*inferencepb.ModelInferRequest)) []byte {
		req := small("echo")
		change(req)
		message, err := proto.MarshalOptions{AllowPartial: true}.Marshal(req)
		if err != nil {
			t.Fatal(err)
		}
		return message
	}
	rename := func(name string) []byte {
		return with(func(r *inferencepb.ModelInferRequest) { r.ModelName = name })
	}
	for _, tt := range []struct {
		name    string
		message []byte
		want    string // is in the message
	}{
		{"no name", nil, "set model_name"},
		{"4 MiB of tiny inputs", append(bytes.Clone(name), bytes.Repeat(field(5, field(5, nil)), 4<<20/4)...), "more than 1024 entries of field 5"},
		{"4 MiB of empty raw entries", append(bytes.Clone(name), bytes.Repeat(field(7, nil), 2<<20)...), "more than 1024 entries of field 7"},
		{"4 MiB of unknown fields", append(bytes.Clone(name), bytes.Repeat(field(999, nil), 4<<20/3)...), "fields"},
		{"raw entry missing", with(func(r *inferencepb.ModelInferRequest) { r.RawInputContents = nil }), `input "x"`},
		{"raw entry too many", with(func(r *inferencepb.ModelInferRequest) { r.RawInputContents = append(r.RawInputContents, nil) }), "2 raw_input_contents for 1 inputs"},
		{"raw entry too short", with(func(r *inferencepb.ModelInferRequest) { r.RawInputContents[0] = []byte{1} }), `input "x": 1 bytes`},
		{"negative shape", with(func(r *inferencepb.ModelInferRequest) { r.Inputs[0].Shape = []int64{-2} }), `input "x"`},
		{"shape overflows", with(func(r *inferencepb.ModelInferRequest) { r.Inputs[0].Shape = []int64{1 << 62, 4} }), `input "x"`},
		{"shape has 10,000 dimensions", with(func(r *inferencepb.ModelInferRequest) { r.Inputs[0].Shape = make([]int64, 10_000) }), "dimensions"},
		{"unknown datatype", with(func(r *inferencepb.ModelInferRequest) { r.Inputs[0].Datatype = "FP8" }), `datatype "FP8"`},
		{"input without name", with(func(r *inferencepb.ModelInferRequest) { r.Inputs[0].Name = "" }), "has no name"},
		{"input twice", with(func(r *inferencepb.ModelInferRequest) {
			r.Inputs = append(r.Inputs, r.GetInputs()[0])
			r.RawInputContents = append(r.RawInputContents, r.GetRawInputContents()[0])
		}), "sent twice"},
		{"name is not UTF-8", append(bytes.Clone(field(1, []byte{0xff, 0xfe})), field(3, nil)...), "not UTF-8"},
		{"group", []byte{0x0b, 0x0c}, "groups"},
		{"varint of 11 bytes", bytes.Repeat([]byte{0xff}, 11), "varint"},
		{"traversal", rename("../../etc/passwd"), "letters, digits"},
		{"parent", rename(".."), "letters, digits"},
		{"backslash", rename(`a\b`), "letters, digits"},
		{"NUL", rename("a\x00b"), "letters, digits"},
		{"300 characters", rename(strings.Repeat("a", 300)), "letters, digits"},
		{"confusable", rename("аdmin"), "letters, digits"}, // a Cyrillic a
		{"leading dash", rename("-rf"), "letters, digits"},
		{"bad version", with(func(r *inferencepb.ModelInferRequest) { r.ModelVersion = "1/.." }), `version "1/.."`},
		{"long tensor name", with(func(r *inferencepb.ModelInferRequest) {
			r.Inputs[0].Name, r.Inputs[0].Datatype = strings.Repeat("n", 60_000), "?"
		}), "nnnn"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := g.send(t.Context(), tt.message)
			s := status.Convert(err)
			if s.Code() != codes.InvalidArgument || !strings.Contains(s.Message(), tt.want) {
				t.Errorf("%v: %.300s; want INVALID_ARGUMENT with %q", s.Code(), s.Message(), tt.want)
			}
			if len(s.Message()) > 4096 {
				t.Errorf("the message has %d bytes", len(s.Message()))
			}
		})
	}
}

func TestBadBodies(t *testing.T) {
	t.Parallel()
	g := start(t, &catalog{models: models()})
	tensor := func(rest string) string { return `{"inputs":[{"name":"x",` + rest + `}]}` }
	for _, tt := range []struct{ name, body, want string }{
		{"empty", "", ""},
		{"not JSON", "hello", ""},
		{"cut off", smallJSON[:len(smallJSON)-1], ""},
		{"trailing data", smallJSON + "x", ""},
		{"an array", "[]", ""},
		{"deep", `{"x":` + strings.Repeat("[", 1<<20), ""},
		{"deep data", tensor(`"datatype":"FP32","shape":[1],"data":` + strings.Repeat("[", 10_000) + "1" + strings.Repeat("]", 10_000)), ""},
		{"count", tensor(`"datatype":"INT32","shape":[3],"data":[1,2]`), `"x"`},
		{"huge shape", tensor(`"datatype":"INT32","shape":[8589934592,1],"data":[1,2]`), `"x"`}, // kills Triton 2.51
		{"wrapping shape", tensor(`"datatype":"INT32","shape":[4611686018427387904,4],"data":[]`), `"x"`},
		{"negative shape", tensor(`"datatype":"INT32","shape":[-2],"data":[1,2]`), `"x"`},
		{"range", tensor(`"datatype":"INT8","shape":[1],"data":[300]`), `"x"`},
		{"no datatype", tensor(`"shape":[1],"data":[1]`), `"x"`},
		{"invalid UTF-8", tensor("\"datatype\":\"BYTES\",\"shape\":[1],\"data\":[\"\xff\"]"), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := g.do(t, http.MethodPost, "/v2/models/echo/infer", tt.body)
			if got.status != http.StatusBadRequest || !strings.HasPrefix(got.body, `{"error":"`) || !strings.Contains(got.body, strings.ReplaceAll(tt.want, `"`, `\"`)) {
				t.Errorf("status %d: %.300s; want 400 that names %s", got.status, got.body, tt.want)
			}
		})
	}
}

// TestR02_R09_Headers: the Content-Type does not matter, an unknown coding is 501 that tells the known ones.
func TestR02_R09_Headers(t *testing.T) {
	t.Parallel()
	g := start(t, &catalog{models: models()})
	for _, tt := range []struct {
		headers []string
		status  int
		want    string
	}{
		{[]string{"Content-Encoding", "br"}, 501, `Content-Encoding "br" is not served here; send gzip, deflate, or the body as it is`},
		{[]string{"Content-Encoding", "gzip, gzip"}, 501, `Content-Encoding "gzip, gzip" is not served here; send gzip, deflate, or the body as it is`},
		{[]string{"Content-Encoding", "identity"}, 200, ""},
		{[]string{"Content-Type", "application/x-www-form-urlencoded"}, 200, ""}, // curl -d
		{[]string{"Content-Type", "application/octet-stream"}, 200, ""},          // tritonclient aio
		{[]string{"Content-Type", ";;;"}, 200, ""},
	} {
		got := g.do(t, http.MethodPost, "/v2/models/echo/infer", smallJSON, tt.headers...)
		if got.status != tt.status {
			t.Errorf("%v: status = %d, want %d: %s", tt.headers, got.status, tt.status, got.body)
		}
		if tt.status == http.StatusNotImplemented {
			checkError(t, got.body, tt.want)
			if got.header.Get("Accept-Encoding") != "gzip, deflate" {
				t.Errorf("%v: Accept-Encoding = %q", tt.headers, got.header.Get("Accept-Encoding"))
			}
		}
	}
}

// TestSharedMemoryIsRefused: C18; the model must not see it.
func TestSharedMemoryIsRefused(t *testing.T) {
	t.Parallel()
	m := &recorder{}
	g := start(t, &catalog{models: map[string]infer.Model{"echo": m}})
	region := map[string]*inferencepb.InferParameter{
		"shared_memory_region": {ParameterChoice: &inferencepb.InferParameter_StringParam{StringParam: "triton_python_backend_shm_region"}},
	}
	input, output := small("echo"), small("echo")
	input.Inputs[0].Parameters = region
	output.Outputs = []*inferencepb.ModelInferRequest_InferRequestedOutputTensor{{Name: "x", Parameters: region}}
	for i, req := range []*inferencepb.ModelInferRequest{input, output} {
		if _, err := g.client.ModelInfer(t.Context(), req); status.Code(err) != codes.PermissionDenied {
			t.Errorf("request %d: %v, want PERMISSION_DENIED", i, err)
		}
	}
	if m.got != nil {
		t.Errorf("the model got %x", m.got)
	}
}

// TestErrorsOfModels: the code of a model's error is that of the answer, on both edges.
func TestErrorsOfModels(t *testing.T) {
	t.Parallel()
	m := &model{}
	g := start(t, &catalog{models: map[string]infer.Model{"echo": m}})
	for _, tt := range []struct {
		err    error
		code   codes.Code
		status int
		want   string
	}{
		{infer.At("graph iris", infer.Errorf(codes.Unavailable, "no upstream")), codes.Unavailable, 503, "graph iris: no upstream"},
		{infer.Errorf(codes.FailedPrecondition, "names differ"), codes.FailedPrecondition, 400, "names differ"},
		{errors.New("boom\r\n\x1b[31m"), codes.Internal, 500, "boom   [31m"}, // S8
		{t.Context().Err(), codes.OK, 200, ""},
	} {
		m.infer = nil
		if tt.err != nil {
			m.infer = fails(tt.err)
		}
		_, err := g.client.ModelInfer(t.Context(), small("echo"))
		if s := status.Convert(err); s.Code() != tt.code || s.Message() != tt.want {
			t.Errorf("gRPC: %v %q, want %v %q", s.Code(), s.Message(), tt.code, tt.want)
		}
		got := g.do(t, http.MethodPost, "/v2/models/echo/infer", smallJSON)
		if got.status != tt.status {
			t.Errorf("REST: status = %d, want %d", got.status, tt.status)
		}
		if tt.err != nil {
			checkError(t, got.body, tt.want)
		}
	}
}
