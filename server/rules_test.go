package server_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/internal/units"
	"github.com/manifold-serving/manifold/server"
)

// TestR07HealthBodies: T12, T13; KServe's clients read the bodies, Triton's the statuses, and some take live for ready, so each says
// what is true.
func TestR07HealthBodies(t *testing.T) {
	t.Parallel()
	ready := start(t, &catalog{models: models()})
	not := start(t, &catalog{models: models(), ready: func() error { return errors.New("no model server answers") }})
	for _, tt := range []struct {
		*gateway
		path   string
		status int
		want   string
	}{
		{ready, "/v2/health/live", 200, `{"live":true}`},
		{ready, "/v2/health/ready", 200, `{"ready":true}`},
		{ready, "/v2/models/echo/ready", 200, `{"name":"echo","ready":true}`},
		{not, "/v2/health/live", 200, `{"live":true}`},
		{not, "/v2/health/ready", 503, `{"error":"the server is not ready: no model server answers"}`},
		{not, "/v2/models/echo/ready", 200, `{"name":"echo","ready":true}`},
		{not, "/v2/models/unready/ready", 503, `{"error":"model \"unready\" is not ready"}`},
	} {
		got := tt.do(t, http.MethodGet, tt.path, "")
		if got.status != tt.status || got.body != tt.want || got.header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: status %d, %v: %s", tt.path, got.status, got.header, got.body)
		}
	}
}

// inputOf is a body with one input.
func inputOf(datatype, shape, data string) string {
	return fmt.Sprintf(`{"inputs":[{"name":"x","datatype":%q,"shape":%s,"data":%s}]}`, datatype, shape, data)
}

// TestR11Limits: nesting, sizes and shapes. The number of chunks is not limited, but what they hold is.
func TestR11Limits(t *testing.T) {
	t.Parallel()
	g := start(t, &catalog{models: models()}, func(o *server.Options, _ *server.Deps) { o.Limits.MessageBytes = 128 * units.KiB })
	nested := func(depth int) string {
		return inputOf("INT8", "[1]", strings.Repeat("[", depth)+"1"+strings.Repeat("]", depth))
	}
	strange := func(depth int) string {
		return `{"inputs":[],"unknown":` + strings.Repeat(`{"a":`, depth) + "1" + strings.Repeat("}", depth) + "}"
	}
	chunked := func(n int) *oneByOne { return &oneByOne{inputOf("BYTES", "[1]", `["`+strings.Repeat("a", n)+`"]`)} }
	for _, tt := range []struct {
		name, body string
		chunks     *oneByOne
		status     int
		want       string
	}{
		{"97 deep in an input of an array of an object", nested(97), nil, 200, ""},
		{"98 deep", nested(98), nil, 400, "JSON nesting depth exceeds maximum allowed limit (100)"},
		{"100,000 deep, and not closed", inputOf("INT8", "[1]", strings.Repeat("[", 100_000)), nil, 400, "JSON nesting depth exceeds maximum allowed limit (100)"},
		{"99 deep where nobody looks", strange(99), nil, 200, ""},
		{"100 deep where nobody looks", strange(100), nil, 400, "JSON nesting depth exceeds maximum allowed limit (100)"},
		{"elements that wrap around", inputOf("INT8", "[4611686018427387904,4]", "[1]"), nil, 400, "too large"},
		{"bytes that wrap around", inputOf("FP64", "[2305843009213693952]", "[1]"), nil, 400, "calls for"},
		{"more elements than data", inputOf("INT8", "[8589934592,1]", "[1,2]"), nil, 400, "calls for"},
		{"wrapping behind a zero", inputOf("INT8", "[0,4611686018427387904,4]", "[]"), nil, 400, "too large"},
		{"70,000 chunks", "", chunked(70_000), 200, ""},
		{"more in chunks than a message may have", "", chunked(140_000), 413, "larger than 131072 bytes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got answer
			if tt.chunks != nil {
				got = g.doAt(t, g.at.REST, http.MethodPost, "/v2/models/echo/infer", tt.chunks)
			} else {
				got = g.do(t, http.MethodPost, "/v2/models/echo/infer", tt.body)
			}
			if got.status != tt.status || !strings.Contains(got.body, tt.want) {
				t.Errorf("status %d: %.300s", got.status, got.body)
			}
		})
	}
}

// oneByOne is a body that goes out in a chunk for each byte.
type oneByOne struct{ left string }

// Read implements io.Reader.
func (o *oneByOne) Read(p []byte) (int, error) {
	if o.left == "" {
		return 0, io.EOF
	}
	n := copy(p[:1], o.left)
	o.left = o.left[n:]
	return n, nil
}

// TestR12Numbers: literals that are not finite, and what is strict about integers and bools.
func TestR12Numbers(t *testing.T) {
	t.Parallel()
	g := start(t, &catalog{models: models()})
	for _, tt := range []struct {
		datatype, data string
		want           string // the data that come back, or of an error
	}{
		{"FP32", "[NaN,Infinity,-Infinity,Inf,-Inf]", `"data":[NaN,Infinity,-Infinity,Infinity,-Infinity]`},
		{"FP64", "[NaN,-Infinity,5e-324,1.7976931348623157e308,-0.0]", `"data":[NaN,-Infinity,5e-324,1.7976931348623157e+308,-0.0]`},
		{"FP32", "[1e39,1,1,1,1]", "1e39 is not a number that FP32 holds"},
		{"FP64", "[1e309,1,1,1,1]", "1e309 is not a number that FP64 holds"},
		{"FP32", "[null,1,1,1,1]", "null is not a number"},
		{"INT8", "[-128,127,-0,0,1]", `"data":[-128,127,0,0,1]`},
		{"INT8", "[128,1,1,1,1]", "128 is not a whole number from -128 to 127"},
		{"UINT8", "[-1,1,1,1,1]", "-1 is not a whole number from 0 to 255"},
		{"UINT8", "[1.0,1,1,1,1]", "1.0 is not a whole number"},
		{"UINT64", "[18446744073709551615,0,0,0,0]", `"data":[18446744073709551615,0,0,0,0]`},
		{"UINT64", "[18446744073709551616,0,0,0,0]", "18446744073709551616 is not a whole number"},
		{"INT64", "[-9223372036854775808,9223372036854775807,0,0,0]", `"data":[-9223372036854775808,9223372036854775807,0,0,0]`},
		{"BOOL", "[true,false,true,true,false]", `"data":[true,false,true,true,false]`},
		{"BOOL", "[1,0,1,1,0]", "1 is not true or false"},
		{"BOOL", `["true",false,false,false,false]`, "is not true or false"},
	} {
		got := g.do(t, http.MethodPost, "/v2/models/echo/infer", inputOf(tt.datatype, "[5]", tt.data))
		status := http.StatusBadRequest
		if strings.HasPrefix(tt.want, `"data"`) {
			status = http.StatusOK
		}
		if got.status != status || !strings.Contains(got.body, tt.want) {
			t.Errorf("%s %s: status %d: %s", tt.datatype, tt.data, got.status, got.body)
		}
	}
}

// TestR14Bytes: text is text; what is none comes in base64 that is marked, and goes out as binary data only.
func TestR14Bytes(t *testing.T) {
	t.Parallel()
	g := start(t, &catalog{models: models()})
	const marked = `{"inputs":[{"name":"x","datatype":"BYTES","shape":[1],"parameters":{"content_type":"base64"},"data":["/wA="]}]%s}`
	for _, tt := range []struct {
		name, body string
		status     int
		want       string
	}{
		{"text", inputOf("BYTES", "[3]", `["a\u00e9","","\ud83d\ude00\u0000"]`), 200, `"data":["aé","","😀\u0000"]`},
		{"no shape is one", inputOf("BYTES", "[]", `["a"]`), 200, `"shape":[],"data":["a"]`},
		{"no base64 without a mark", inputOf("BYTES", "[1]", `["/wA="]`), 200, `"data":["/wA="]`},
		{"base64 out as JSON", fmt.Sprintf(marked, ""), 400, `ask for it as binary data (\"parameters\":{\"binary_data\":true})`},
		{"base64 out as binary data", fmt.Sprintf(marked, `,"outputs":[{"name":"x","parameters":{"binary_data":true}}]`), 200, "\x02\x00\x00\x00\xff\x00"},
		{"not base64", strings.ReplaceAll(fmt.Sprintf(marked, ""), "/wA=", "%"), 400, "not base64"},
		{"half a pair", inputOf("BYTES", "[1]", `["\ud83d"]`), 400, "lone surrogate"},
		{"not UTF-8", inputOf("BYTES", "[1]", "[\"\xff\"]"), 400, "not UTF-8"},
		{"a number", inputOf("BYTES", "[1]", "[5]"), 400, "5 is not a string"},
	} {
		got := g.do(t, http.MethodPost, "/v2/models/echo/infer", tt.body)
		if got.status != tt.status || !strings.Contains(got.body, tt.want) {
			t.Errorf("%s: status %d: %q", tt.name, got.status, got.body)
		}
	}
}

// TestClassificationOverREST: 0 is the output as it is, as Triton 2.51 has it; other whole numbers are for the model.
func TestClassificationOverREST(t *testing.T) {
	t.Parallel()
	m := &recorder{}
	g := start(t, &catalog{models: map[string]infer.Model{"echo": m}})
	for parameter, want := range map[string]string{ // "" is refused
		"0": "none", "3": "int64_param:3", "3,\"binary_data\":true": "int64_param:3",
		"-1": "", "1.5": "", `"2"`: "", "true": "", `2,"shared_memory_region":"r"`: "",
	} {
		got := g.do(t, http.MethodPost, "/v2/models/echo/infer",
			`{"inputs":[{"name":"x","datatype":"INT8","shape":[1],"data":[1]}],"outputs":[{"name":"x","parameters":{"classification":`+parameter+`}}]}`)
		if want == "" {
			if got.status != http.StatusBadRequest {
				t.Errorf("%s: status %d: %s", parameter, got.status, got.body)
			}
			continue
		}
		if told := classes(t, m.got); got.status != http.StatusOK || told != want {
			t.Errorf("%s: status %d, %s: %s", parameter, got.status, told, got.body)
		}
	}
}

// classes are what a message says of the classes of its first requested output.
func classes(t *testing.T, message []byte) string {
	t.Helper()
	var req inferencepb.ModelInferRequest
	if err := proto.Unmarshal(message, &req); err != nil {
		t.Fatal(err)
	}
	wanted, ok := req.GetOutputs()[0].GetParameters()["classification"]
	if !ok {
		return "none"
	}
	return fmt.Sprintf("int64_param:%d", wanted.GetInt64Param())
}
