package rest_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"

	"github.com/manifold-serving/manifold/clients"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/tensorjson"
)

func oip(t *testing.T, resp *infer.Response) string {
	t.Helper()
	text, err := tensorjson.AppendResponse(nil, resp, tensorjson.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// As KServe's server does it: JSON with a content type, nulls in the answer.
func TestInferAsJSON(t *testing.T) {
	t.Parallel()
	f := serve(t, map[string]http.HandlerFunc{
		"GET /v2": says(200, `{"name":"kserve","extensions":[]}`),
		"POST /v2/models/m%20n/infer": says(200, `{"id":"7","model_name":"m n","model_version":null,"parameters":null,"outputs":[`+
			`{"name":"y","datatype":"FP32","shape":[1],"parameters":null,"data":[0.5]},{"name":"z","datatype":"INT8","shape":[1],"data":[1]}]}`),
	})
	s := open(t, clients.Options{Targets: []string{f.URL}})
	resp, err := ask(t.Context(), t, s.Model("m n"), request(t, infer.RequestedOutput{Name: "y"}))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"id":"7","model_name":"m n","model_version":"","outputs":[{"name":"y","datatype":"FP32","shape":[1],"data":[0.5]}]}`
	if got := oip(t, resp); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	sent := f.last("POST /v2/models/m%20n/infer")
	body := `{"id":"7","inputs":[{"name":"x","datatype":"INT32","shape":[2,1],"data":[1,-2]},{"name":"s","datatype":"BYTES","shape":[2],"data":["a","b"]}],"outputs":[{"name":"y"}]}`
	if sent.body != body || sent.header.Get("Content-Type") != "application/json" || sent.header.Get("Accept-Encoding") != "" {
		t.Errorf("%s %v", sent.body, sent.header)
	}
}

// KServe's server cannot answer a request without an id; the client gets none back.
func TestRequestsOverJSONHaveAnID(t *testing.T) {
	t.Parallel()
	f := serve(t, map[string]http.HandlerFunc{
		"GET /v2":                            says(404, ``),
		"POST /v2/models/m/versions/3/infer": says(200, `{"id":"made up","model_name":"m","outputs":[]}`),
	})
	s := open(t, clients.Options{Targets: []string{f.URL}})
	req := infer.NewRequest(infer.Head{ModelName: "m", ModelVersion: "3"}, nil, nil)
	defer req.Free()
	resp, err := ask(t.Context(), t, s.Model("m"), req)
	if err != nil || resp.ID() != "" {
		t.Fatalf("%v", err)
	}
	if body := f.last("POST /v2/models/m/versions/3/infer").body; !strings.HasPrefix(body, `{"id":"`) {
		t.Errorf("%s", body)
	}
}

// Source: Triton, "Binary Tensor Data Extension".
func TestInferAsBinaryData(t *testing.T) {
	t.Parallel()
	const header = `{"model_name":"m","model_version":"1","outputs":[{"name":"y","datatype":"FP16","shape":[2],"parameters":{"binary_data_size":4}}]}`
	f := serve(t, map[string]http.HandlerFunc{
		"GET /v2":                 says(200, `{"name":"triton","extensions":["classification","binary_tensor_data"]}`),
		"POST /v2/models/m/infer": says(200, header+"\x01\x02\x03\x04", "Inference-Header-Content-Length", strconv.Itoa(len(header))),
	})
	s := open(t, clients.Options{Targets: []string{f.URL}})
	resp, err := ask(t.Context(), t, s.Model("m"), request(t))
	if err != nil {
		t.Fatal(err)
	}
	if raw, err := resp.Tensors()[0].Bytes(); err != nil || !bytes.Equal(raw, []byte{1, 2, 3, 4}) || resp.ID() != "7" {
		t.Errorf("%v %v %s", raw, err, resp.ID())
	}
	sent := f.last("POST /v2/models/m/infer")
	text := `{"id":"7","parameters":{"binary_data_output":true},"inputs":[{"name":"x","datatype":"INT32","shape":[2,1],"parameters":{"binary_data_size":8}},` +
		`{"name":"s","datatype":"BYTES","shape":[2],"parameters":{"binary_data_size":10}}]}`
	if want := text + string(infer.RawOf[int32](1, -2)) + string(infer.RawStrings("a", "b")); sent.body != want {
		t.Errorf("%q\nwant %q", sent.body, want)
	}
}

// A server that reads nothing of a large request leaves net/http with the body; its buffers are given back all the same.
func TestBodyThatIsNotReadIsGivenBack(t *testing.T) {
	t.Parallel()
	began, over := make(chan struct{}, 1), make(chan struct{})
	unread := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			says(200, `{"extensions":["binary_tensor_data"]}`)(w, r)
			return
		}
		began <- struct{}{}
		<-over
	}))
	defer unread.Close()
	defer close(over)
	s := open(t, clients.Options{Targets: []string{unread.URL}})
	large := counted(t, infer.NewRequest(infer.Head{}, []infer.TensorData{
		{Name: "x", DataType: infer.Uint8, Shape: infer.Shape{16 << 20}, Data: mem.SliceBuffer(make([]byte, 16<<20))},
	}, nil))
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-began
		cancel()
	}()
	if _, err := s.Model("m").Infer(ctx, large); infer.CodeOf(err) != codes.Canceled {
		t.Errorf("%v", err)
	}
}

// Source: the error bodies of Triton, KServe's and MLServer's servers, TensorFlow Serving.
func TestErrors(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		status int
		body   string
		code   codes.Code
		want   string
	}{
		{400, `{"error":"unexpected shape"}`, codes.InvalidArgument, `unexpected shape`},
		{404, `{"detail":"Model with name m does not exist."}`, codes.NotFound, `Model with name m does not exist.`},
		{422, `{"detail":[{"type":"missing","loc":["body","inputs"],"msg":"Field required"}]}`, codes.InvalidArgument, `body.inputs: Field required`},
		{429, `{"message":"slow down"}`, codes.ResourceExhausted, `slow down`},
		{500, "boom\x00\n" + strings.Repeat("x", 5000), codes.Internal, `boom  ` + strings.Repeat("x", 1015) + `…`},
		{503, ``, codes.Unavailable, `it answered HTTP 503 Service Unavailable and gave no reason`},
		{504, `{"error":{"message":"late"}}`, codes.DeadlineExceeded, `late`},
		{418, `{}`, codes.Internal, `{}`},
		{307, ``, codes.Internal, `it answered HTTP 307 with another address, and redirects are not followed; write the address itself`},
		{200, `{"outputs":1}`, codes.Internal, `its answer does not decode: invalid JSON at byte 11: 1 instead of an array`},
	} {
		f := serve(t, map[string]http.HandlerFunc{"POST /v2/models/m/infer": says(test.status, test.body, "Location", "/elsewhere")})
		s := open(t, clients.Options{Targets: []string{f.URL}})
		_, err := s.Model("m").Infer(t.Context(), request(t))
		want := "upstream up (" + strings.TrimPrefix(f.URL, "http://") + "): " + test.want
		if infer.CodeOf(err) != test.code || err.Error() != want {
			t.Errorf("%d: %v %v\nwant %s", test.status, infer.CodeOf(err), err, want)
		}
		if n := f.last("GET /elsewhere").count + f.last("POST /elsewhere").count; n != 0 {
			t.Error("a redirect is followed")
		}
	}
}

func TestAnswersAreBounded(t *testing.T) {
	t.Parallel()
	f := serve(t, map[string]http.HandlerFunc{
		"POST /v2/models/known/infer":   says(200, strings.Repeat(" ", 2000)),
		"POST /v2/models/header/infer":  says(200, "{}", "X-Long", strings.Repeat("a", 100<<10)),
		"POST /v2/models/request/infer": says(200, "{}"),
		"POST /v2/models/chunked/infer": func(w http.ResponseWriter, _ *http.Request) {
			for range 3 {
				_, _ = w.Write(make([]byte, 700))
				w.(http.Flusher).Flush()
			}
		},
	})
	s := open(t, clients.Options{Targets: []string{f.URL}, MessageBytes: 1000})
	for _, model := range []string{"known", "chunked"} {
		if _, err := s.Model(model).Infer(t.Context(), request(t)); infer.CodeOf(err) != codes.ResourceExhausted {
			t.Errorf("%s: %v", model, err)
		}
	}
	if _, err := s.Model("header").Infer(t.Context(), request(t)); infer.CodeOf(err) != codes.Unavailable {
		t.Errorf("header: %v", err)
	}
	large := infer.NewRequest(infer.Head{}, []infer.TensorData{{Name: "x", DataType: infer.Uint8, Shape: infer.Shape{2000}, Data: mem.SliceBuffer(make([]byte, 2000))}}, nil)
	defer large.Free()
	if _, err := s.Model("request").Infer(t.Context(), large); infer.CodeOf(err) != codes.ResourceExhausted || f.last("POST /v2/models/request/infer").count != 0 {
		t.Errorf("request: %v", err)
	}
}

func TestWhatAServerTells(t *testing.T) {
	t.Parallel()
	f := serve(t, map[string]http.HandlerFunc{
		"POST /v2/repository/index": says(200, `[{"name":"m","version":"2","state":"READY","reason":""},{"name":"hidden"}]`),
		"GET /v2/models/m":          says(200, `{"name":"m","versions":["2"],"platform":"onnx","inputs":[{"name":"x","datatype":"FP32","shape":[-1,3]}],"outputs":[]}`),
		"GET /v2/models/m/ready":    says(400, ``),
	})
	s := open(t, clients.Options{Targets: []string{f.URL + "/"}, Models: []string{"m*"}})
	index, err := s.Index(t.Context())
	if diff := cmp.Diff([]clients.IndexEntry{{Name: "m", Version: "2", State: "READY"}}, index); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
	for name, want := range map[string]bool{"m": true, "mm": false, "hidden": false} {
		if has, err := s.Has(t.Context(), name); has != want || err != nil {
			t.Errorf("%s: %v, %v", name, has, err)
		}
	}
	got, err := s.Model("m").Metadata(t.Context())
	want := &infer.Metadata{
		Name: "m", Versions: []string{"2"}, Platform: "onnx", Outputs: []infer.TensorMetadata{},
		Inputs: []infer.TensorMetadata{{Name: "x", DataType: infer.FP32, Shape: infer.Shape{-1, 3}}},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
	if err := s.Model("m").Ready(t.Context()); infer.CodeOf(err) != codes.Unavailable {
		t.Errorf("%v", err)
	}
	if err := s.Administer(t.Context(), "", nil, nil); infer.CodeOf(err) != codes.Unimplemented {
		t.Errorf("%v", err)
	}
}

// KServe's server lists names, and one that lists nothing is asked by name.
func TestServersWithoutAnIndex(t *testing.T) {
	t.Parallel()
	kserve := serve(t, map[string]http.HandlerFunc{"GET /v2/models": says(200, `{"models":["m"]}`)})
	s := open(t, clients.Options{Targets: []string{kserve.URL}})
	if has, err := s.Has(t.Context(), "m"); !has || err != nil {
		t.Errorf("%v", err)
	}
	silent := serve(t, map[string]http.HandlerFunc{"GET /v2/models/m/ready": says(200, `{"ready":true}`)})
	s = open(t, clients.Options{Targets: []string{silent.URL}})
	for name, want := range map[string]bool{"m": true, "n": false} {
		if has, err := s.Has(t.Context(), name); has != want || err != nil {
			t.Errorf("%s: %v, %v", name, has, err)
		}
	}
	if _, err := s.Index(t.Context()); !errors.Is(err, clients.ErrNoIndex) {
		t.Errorf("%v", err)
	}
}
