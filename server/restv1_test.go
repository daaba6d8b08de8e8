package server_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"

	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/server"
)

// pairs is a model of tensors that echoes its two inputs.
type pairs struct{ model }

func (*pairs) Metadata(context.Context) (*infer.Metadata, error) {
	return &infer.Metadata{Name: "inner", Inputs: []infer.TensorMetadata{
		{Name: "x", DataType: infer.FP32, Shape: infer.Shape{-1, 2}}, {Name: "s", DataType: infer.Bytes, Shape: infer.Shape{-1}},
	}}, nil
}

// documents is a model that answers a document with itself behind the version that is asked for.
type documents struct{ model }

func (*documents) TakesDocuments() bool { return true }

func (*documents) Infer(_ context.Context, req *infer.Request) (*infer.Response, error) {
	text := string(req.Document().Bytes())
	if text == "tensors" {
		return infer.NewResponse(infer.Head{}, nil), nil
	}
	contentType := ""
	if text == "html" {
		contentType = "text/html; charset=utf-8"
	}
	return infer.NewDocumentResponse(infer.Head{ModelName: "inner"}, contentType, mem.SliceBuffer([]byte(req.ModelVersion()+text))), nil
}

func v1Models() map[string]infer.Model {
	return map[string]infer.Model{
		"pairs": &pairs{}, "documents": &documents{}, "a b/c": &documents{},
		"unready": &model{ready: infer.Errorf(codes.Unavailable, "loading")},
	}
}

func TestV1Predict(t *testing.T) {
	t.Parallel()
	g := start(t, &catalog{models: v1Models()})
	for _, test := range []struct {
		name, path, body string
		status           int
		want             string
	}{
		{
			"rows", "/v1/models/pairs:predict", `{"instances":[{"x":[1,2.5],"s":"a"},{"x":[3,4],"s":{"b64":"/w=="}}]}`, 200,
			`{"predictions":[{"x":[1.0,2.5],"s":"a"},{"x":[3.0,4.0],"s":{"b64":"/w=="}}]}`,
		},
		{"columns", "/v1/models/pairs/versions/1:predict", `{"inputs":{"x":[[1,2]],"s":["a"]}}`, 200, `{"outputs":{"x":[[1.0,2.0]],"s":["a"]}}`},
		{
			"ragged", "/v1/models/pairs:predict", `{"inputs":{"x":[[1,2],[3]]}}`, 400,
			`{"error":"inputs: input \"x\": its lists at depth 1 have 2 and 1 elements; send lists of one length"}`,
		},
		{"no body", "/v1/models/pairs:predict", ``, 400, `{"error":"the body is empty; send a JSON object with \"instances\" or \"inputs\""}`},
		{"no model", "/v1/models/none:predict", `{"instances":[1]}`, 404, `{"error":"there is no model \"none\""}`},
		{"no version", "/v1/models/pairs/versions/2:predict", `{"instances":[1]}`, 404, `{"error":"model \"pairs\" has no version \"2\""}`},
		{"a document as it is", "/v1/models/documents:predict", "{\"instances\" : [1] ,\n\"more\":1e400}", 200, "{\"instances\" : [1] ,\n\"more\":1e400}"},
		{"a version's", "/v1/models/documents/versions/1:predict", `{}`, 200, `1{}`},
		{"a model that breaks its word", "/v1/models/documents:predict", `tensors`, 500, `{"error":"model \"documents\" answered a document with tensors"}`},
		{"another verb", "/v1/models/documents:explain", `{}`, 405, `{"error":"/v1/models/documents:explain does not take POST; use GET"}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := g.do(t, http.MethodPost, test.path, test.body, "Content-Type", "text/plain")
			if got.status != test.status || got.body != test.want || got.header.Get("Content-Type") != "application/json" {
				t.Errorf("%d %s %s\nwant %d %s", got.status, got.header.Get("Content-Type"), got.body, test.status, test.want)
			}
		})
	}
	if got := g.do(t, http.MethodPost, "/v1/models/documents:predict", "html"); got.header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Errorf("%v", got.header)
	}
}

func TestV1Models(t *testing.T) {
	t.Parallel()
	g := start(t, &catalog{models: v1Models()})
	for path, want := range map[string]string{
		"/v1/models":         `200 {"models":["a b/c","documents","pairs","unready"]}`,
		"/v1/models/pairs":   `200 {"name":"pairs","ready":true}`,
		"/v1/models/unready": `503 {"error":"model \"unready\" is not ready"}`,
		"/v1/models/none":    `404 {"error":"there is no model \"none\""}`,
	} {
		a := g.do(t, http.MethodGet, path, "")
		if got := fmt.Sprintf("%d %s", a.status, a.body); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

// P12: bodies may be compressed, in and out.
func TestV1Compression(t *testing.T) {
	t.Parallel()
	g := start(t, &catalog{models: v1Models()}, func(o *server.Options, _ *server.Deps) { o.CompressResponses = true })
	long := `{"instances":["` + strings.Repeat("a", 10_000) + `"]}`
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, long)
	_ = w.Close()
	a := g.do(t, http.MethodPost, "/v1/models/documents:predict", b.String(), "Content-Encoding", "gzip", "Accept-Encoding", "gzip")
	if a.header.Get("Content-Encoding") != "gzip" {
		t.Fatalf("%d %v", a.status, a.header)
	}
	r, err := gzip.NewReader(strings.NewReader(a.body))
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(r); err != nil || string(text) != long {
		t.Errorf("%d bytes, %v", len(text), err)
	}
}

// The limits of infer are those of predict.
func TestV1Limits(t *testing.T) {
	t.Parallel()
	g := start(t, &catalog{models: v1Models()}, func(o *server.Options, _ *server.Deps) { o.Limits.MessageBytes = 1024 })
	if a := g.do(t, http.MethodPost, "/v1/models/documents:predict", strings.Repeat("a", 1025)); a.status != http.StatusRequestEntityTooLarge {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := g.do(t, http.MethodPost, "/v1/models/documents:predict", strings.Repeat("a", 1024)); a.status != http.StatusOK {
		t.Errorf("%d %s", a.status, a.body)
	}
}
