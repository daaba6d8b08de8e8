package proto_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/manifold-serving/manifold/gen/inferencepb"
)

// TestRoutes checks which RPC each path of http.yaml calls, and with what.
func TestRoutes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		method, path, body string
		wantRPC            string
		want               proto.Message
	}{
		{"GET", "/v2", "", "ServerMetadata", &inferencepb.ServerMetadataRequest{}},
		{"GET", "/v2/health/live", "", "ServerLive", &inferencepb.ServerLiveRequest{}},
		{"GET", "/v2/health/ready", "", "ServerReady", &inferencepb.ServerReadyRequest{}},
		{"GET", "/v2/models/m", "", "ModelMetadata", &inferencepb.ModelMetadataRequest{Name: "m"}},
		{"GET", "/v2/models/m/versions/3", "", "ModelMetadata", &inferencepb.ModelMetadataRequest{Name: "m", Version: "3"}},
		{"GET", "/v2/models/m/ready", "", "ModelReady", &inferencepb.ModelReadyRequest{Name: "m"}},
		{"GET", "/v2/models/m/versions/3/ready", "", "ModelReady", &inferencepb.ModelReadyRequest{Name: "m", Version: "3"}},
		{"GET", "/v2/models/m/config", "", "ModelConfig", &inferencepb.ModelConfigRequest{Name: "m"}},
		{"GET", "/v2/models/m/versions/3/config", "", "ModelConfig", &inferencepb.ModelConfigRequest{Name: "m", Version: "3"}},
		{"GET", "/v2/models/m/stats", "", "ModelStatistics", &inferencepb.ModelStatisticsRequest{Name: "m"}},
		{"GET", "/v2/models/m/versions/3/stats", "", "ModelStatistics", &inferencepb.ModelStatisticsRequest{Name: "m", Version: "3"}},
		{"GET", "/v2/models/stats", "", "ModelStatistics", &inferencepb.ModelStatisticsRequest{}},                    // not the metadata of a model "stats"
		{"GET", "/v2/models/stats/stats", "", "ModelStatistics", &inferencepb.ModelStatisticsRequest{Name: "stats"}}, // the model "stats" is still there
	} {
		t.Run(tt.method+" "+tt.path, func(t *testing.T) {
			t.Parallel()
			var conn recorder
			resp := serve(t, &conn, httptest.NewRequestWithContext(t.Context(), tt.method, tt.path, strings.NewReader(tt.body)))
			if resp.Code != http.StatusOK {
				t.Fatalf("status = %d: %s", resp.Code, resp.Body)
			}
			if got, want := conn.method, "/inference.GRPCInferenceService/"+tt.wantRPC; got != want {
				t.Errorf("called %s, want %s", got, want)
			}
			if diff := cmp.Diff(tt.want, conn.request, protocmp.Transform()); diff != "" {
				t.Errorf("request differs (-want +got):\n%s", diff)
			}
		})
	}
}

// TestUnbound checks that handlers written by hand find their paths free.
func TestUnbound(t *testing.T) {
	t.Parallel()
	for _, path := range []string{
		"/v2/models/m/infer",
		"/v2/models/m/versions/3/infer",
		"/v2/models/m/generate",
		"/v2/models/m/generate_stream",
		"/v2/repository/index",
		"/v2/repository/r/index",
		"/v2/repository/models/m/load",
		"/v2/repository/r/models/m/unload",
	} {
		var conn recorder
		resp := serve(t, &conn, httptest.NewRequestWithContext(t.Context(), "POST", path, strings.NewReader("{}")))
		if resp.Code != http.StatusNotFound || conn.method != "" {
			t.Errorf("POST %s: status = %d, called %q; want 404 and no call", path, resp.Code, conn.method)
		}
	}
}

// TestResponseBodies checks the answers that are a field of the response, as Triton's are.
func TestResponseBodies(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		method, path, want string
	}{
		{"GET", "/v2/models/m/config", `{"name":`},
	} {
		resp := serve(t, new(recorder), httptest.NewRequestWithContext(t.Context(), tt.method, tt.path, nil))
		got := strings.ReplaceAll(resp.Body.String(), " ", "") // protojson varies its spaces
		if !strings.HasPrefix(got, tt.want) {
			t.Errorf("%s %s: body = %s, want it to begin with %s", tt.method, tt.path, got, tt.want)
		}
	}
}

func serve(t *testing.T, conn *recorder, req *http.Request) *httptest.ResponseRecorder {
	t.Helper()
	mux := runtime.NewServeMux()
	client := inferencepb.NewGRPCInferenceServiceClient(conn)
	if err := inferencepb.RegisterGRPCInferenceServiceHandlerClient(t.Context(), mux, client); err != nil {
		t.Fatal(err)
	}
	resp := httptest.NewRecorder()
	mux.ServeHTTP(resp, req)
	return resp
}

// recorder is a connection that remembers its last call and answers it with nothing.
type recorder struct {
	method  string
	request proto.Message
}

func (r *recorder) Invoke(_ context.Context, method string, args, _ any, _ ...grpc.CallOption) error {
	r.method, r.request = method, args.(proto.Message)
	return nil
}

func (r *recorder) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	panic("no route streams")
}
