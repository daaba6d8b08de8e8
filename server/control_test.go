package server_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/manifold-serving/manifold/gen/inferencepb"
)

func TestControlOverGRPC(t *testing.T) {
	t.Parallel()
	c := start(t, &catalog{models: models()}).client
	ctx := t.Context()
	describe := func(m proto.Message, err error) (proto.Message, codes.Code) { return m, status.Code(err) }
	for _, tt := range []struct {
		name string
		call func() (proto.Message, error)
		want proto.Message
		code codes.Code
	}{
		{
			name: "live", call: func() (proto.Message, error) { return c.ServerLive(ctx, &inferencepb.ServerLiveRequest{}) },
			want: &inferencepb.ServerLiveResponse{Live: true},
		},
		{
			name: "ready", call: func() (proto.Message, error) { return c.ServerReady(ctx, &inferencepb.ServerReadyRequest{}) },
			want: &inferencepb.ServerReadyResponse{Ready: true},
		},
		{
			name: "metadata", call: func() (proto.Message, error) { return c.ServerMetadata(ctx, &inferencepb.ServerMetadataRequest{}) },
			want: &inferencepb.ServerMetadataResponse{Name: "manifold", Version: "1.2.3", Extensions: served()},
		},
		{name: "model ready", call: func() (proto.Message, error) {
			return c.ModelReady(ctx, &inferencepb.ModelReadyRequest{Name: "echo", Version: "1"})
		}, want: &inferencepb.ModelReadyResponse{Ready: true}},
		{name: "model not ready", call: func() (proto.Message, error) {
			return c.ModelReady(ctx, &inferencepb.ModelReadyRequest{Name: "unready"})
		}, want: &inferencepb.ModelReadyResponse{}},
		{name: "unknown model", call: func() (proto.Message, error) {
			return c.ModelReady(ctx, &inferencepb.ModelReadyRequest{Name: "nobody"})
		}, want: &inferencepb.ModelReadyResponse{}}, // as Triton says it, which is no error
		{name: "model metadata", call: func() (proto.Message, error) {
			return c.ModelMetadata(ctx, &inferencepb.ModelMetadataRequest{Name: "echo"})
		}, want: &inferencepb.ModelMetadataResponse{
			Name: "echo", Versions: []string{"1"}, Platform: "onnx", // the name the client knows
			Inputs:  []*inferencepb.ModelMetadataResponse_TensorMetadata{{Name: "image", Datatype: "FP32", Shape: []int64{-1, 1 << 60}}},
			Outputs: []*inferencepb.ModelMetadataResponse_TensorMetadata{{Name: "label", Datatype: "BYTES", Shape: []int64{-1}}},
		}},
		{name: "unknown version", call: func() (proto.Message, error) {
			return c.ModelMetadata(ctx, &inferencepb.ModelMetadataRequest{Name: "echo", Version: "2"})
		}, code: codes.NotFound},
		{name: "bad name", call: func() (proto.Message, error) {
			return c.ModelMetadata(ctx, &inferencepb.ModelMetadataRequest{Name: "../etc"})
		}, code: codes.InvalidArgument},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, code := describe(tt.call())
			if code != tt.code {
				t.Fatalf("code = %v, want %v", code, tt.code)
			}
			if tt.code != codes.OK {
				return
			}
			if diff := cmp.Diff(tt.want, got, protocmp.Transform()); diff != "" {
				t.Errorf("response differs (-want +got):\n%s", diff)
			}
		})
	}
}

// TestControlOverREST is the endpoint table of the protocol page, 2.1, and its health table, 2.2 (rules ).
func TestR07ControlOverREST(t *testing.T) {
	t.Parallel()
	g := start(t, &catalog{models: models()})
	metadata := `{"name":"echo","versions":["1"],"platform":"onnx",` +
		`"inputs":[{"name":"image","datatype":"FP32","shape":[-1,1152921504606846976]}],` +
		`"outputs":[{"name":"label","datatype":"BYTES","shape":[-1]}],"properties":{}}`
	server := `{"name":"manifold","version":"1.2.3","extensions":["classification","sequence","model_configuration","binary_tensor_data","parameters","statistics"]}`
	for _, tt := range []struct {
		method, path string
		status       int
		want         string // the whole body; of an error its text
	}{
		{"GET", "/v2", 200, server},
		{"GET", "/v2/", 200, server},    // OpenAPI clients
		{"GET", "/v2?a=b", 200, server}, // a query is ignored
		{"GET", "/v2/health/live", 200, `{"live":true}`},
		{"GET", "/v2/health/ready", 200, `{"ready":true}`},
		{"GET", "/v2/models", 200, `{"models":["echo","unready"]}`},
		{"GET", "/v2/models/echo", 200, metadata},
		{"GET", "/v2/models/ech%6F", 200, metadata},
		{"GET", "/v2/models/echo?version=9&name=x", 200, metadata}, // generated handlers would read fields from it
		{"GET", "/v2/models/echo/versions/1", 200, metadata},
		{"GET", "/v2/models/echo/ready", 200, `{"name":"echo","ready":true}`},
		{"GET", "/v2/models/echo/versions/1/ready", 200, `{"name":"echo","ready":true}`},
		{"GET", "/v2/models/unready/ready", 503, `model "unready" is not ready`},
		{"GET", "/v2/models/nobody", 404, `there is no model "nobody"`},
		{"GET", "/v2/models/nobody/ready", 404, `there is no model "nobody"`},
		{"GET", "/v2/models/echo/versions/2", 404, `model "echo" has no version "2"`},
		{"GET", "/v2/models/echo/versions/a%20b", 400, `version "a b" is not valid: 1 to 128 letters, digits, '.', '_' and '-', the first a letter or digit`},
		{"GET", "/v2/models/..", 400, `model name ".." is not valid: 1 to 128 letters, digits, '.', '_' and '-', the first a letter or digit`},
		{"GET", "/v2/models/%2e%2e%2fetc", 400, `model name "../etc" is not valid: 1 to 128 letters, digits, '.', '_' and '-', the first a letter or digit`},
		{"GET", "/v2/models/../../etc/passwd", 400, `path "/v2/models/../../etc/passwd" is not valid: 1 to 128 letters, digits, '.', '_' and '-', the first a letter or digit`},
		{"GET", "/v2/models/a%00b", 400, `model name "a\x00b" is not valid: 1 to 128 letters, digits, '.', '_' and '-', the first a letter or digit`},
		{"GET", "/v2/models/echo/", 404, "nothing is served at /v2/models/echo/"},
		{"GET", "/nothing", 404, "nothing is served at /nothing"},
		{"GET", "/v3/models", 404, "nothing is served at /v3/models"},
		{"POST", "/v2/repository/models/m/load", 403, "RepositoryModelLoad: the extension model_repository is closed here; " +
			"spec.extensions.modelRepository of the Gateway resource opens it for the ModelServer that it names"},
		{"GET", "/v2/models/echo/infer", 405, "/v2/models/echo/infer does not take GET; use POST"},
		{"DELETE", "/v2/models/echo", 405, "/v2/models/echo does not take DELETE; use GET"},
	} {
		t.Run(tt.method+" "+tt.path, func(t *testing.T) {
			got := g.do(t, tt.method, tt.path, "")
			if got.status != tt.status {
				t.Fatalf("status = %d, want %d: %s", got.status, tt.status, got.body)
			}
			if got.header.Get("Content-Type") != "application/json" {
				t.Errorf("Content-Type = %q", got.header.Get("Content-Type"))
			}
			if got.header.Get("Content-Length") == "" {
				t.Error("there is no Content-Length")
			}
			if tt.status != http.StatusOK {
				checkError(t, got.body, tt.want)
			} else if got.body != tt.want {
				t.Errorf("body = %s, want %s", got.body, tt.want)
			}
		})
	}
}

// checkError wants the one error body, with that text.
func checkError(t *testing.T, body, want string) {
	t.Helper()
	var got map[string]string
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatalf("body = %s: %v", body, err)
	}
	if diff := cmp.Diff(map[string]string{"error": want}, got); diff != "" {
		t.Errorf("error differs (-want +got):\n%s", diff)
	}
}

func TestMethodNotAllowedNamesTheMethod(t *testing.T) {
	t.Parallel()
	g := start(t, &catalog{models: models()})
	for path, want := range map[string]string{"/v2/models/echo/infer": "POST", "/v2/health/live": "GET"} {
		if got := g.do(t, http.MethodPut, path, "").header.Get("Allow"); got != want {
			t.Errorf("PUT %s: Allow = %q, want %q", path, got, want)
		}
	}
}

// TestMethodIsNotOverridden: C17; grpc-gateway lets a form or a header turn a POST into a GET.
func TestMethodIsNotOverridden(t *testing.T) {
	t.Parallel()
	g := start(t, &catalog{models: models()})
	got := g.do(t, http.MethodPost, "/v2/models/echo", "",
		"Content-Type", "application/x-www-form-urlencoded", "X-HTTP-Method-Override", "GET")
	if got.status != http.StatusMethodNotAllowed {
		t.Errorf("status = %d, want 405: %s", got.status, got.body)
	}
}

func TestNotReadyServer(t *testing.T) {
	t.Parallel()
	g := start(t, &catalog{models: models(), ready: func() error { return errors.New("no upstream answers") }})
	resp, err := g.client.ServerReady(t.Context(), &inferencepb.ServerReadyRequest{})
	if err != nil || resp.GetReady() {
		t.Errorf("ServerReady = %v, %v; want not ready", resp, err)
	}
	got := g.do(t, http.MethodGet, "/v2/health/ready", "")
	if got.status != http.StatusServiceUnavailable {
		t.Errorf("status = %d, want 503", got.status)
	}
	checkError(t, got.body, "the server is not ready: no upstream answers")
	if got := g.do(t, http.MethodGet, "/v2/health/live", ""); got.status != http.StatusOK {
		t.Errorf("live = %d, want 200", got.status)
	}
}
