package infercmd

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/tensorjson"
)

// inferFake is a model server with one model, "m", on both edges.
type inferFake struct {
	inferencepb.UnimplementedGRPCInferenceServiceServer

	known  *inferencepb.ModelMetadataResponse // nil: metadata are not implemented
	names  []string                           // nil: no index
	answer func(ctx context.Context, req *inferencepb.ModelInferRequest) (*inferencepb.ModelInferResponse, error)

	mu       sync.Mutex
	requests []*inferencepb.ModelInferRequest
	headers  []map[string][]string // with lower-case keys
	hosts    []string
}

func (f *inferFake) ModelMetadata(_ context.Context, req *inferencepb.ModelMetadataRequest) (*inferencepb.ModelMetadataResponse, error) {
	switch {
	case req.GetName() != "m":
		return nil, status.Errorf(codes.NotFound, "Request for unknown model: '%s' is not found", req.GetName())
	case f.known == nil:
		return nil, status.Error(codes.Unimplemented, "no metadata here")
	}
	return f.known, nil
}

func (f *inferFake) RepositoryIndex(context.Context, *inferencepb.RepositoryIndexRequest) (*inferencepb.RepositoryIndexResponse, error) {
	if f.names == nil {
		return nil, status.Error(codes.Unimplemented, "no index here")
	}
	var index inferencepb.RepositoryIndexResponse
	for _, name := range f.names {
		index.Models = append(index.Models, &inferencepb.RepositoryIndexResponse_ModelIndex{Name: name})
	}
	return &index, nil
}

func (f *inferFake) ModelInfer(ctx context.Context, req *inferencepb.ModelInferRequest) (*inferencepb.ModelInferResponse, error) {
	md, _ := metadata.FromIncomingContext(ctx)
	f.note(req, md, strings.Join(md.Get(":authority"), ""))
	if f.answer != nil {
		return f.answer(ctx, req)
	}
	return labelled(req, "tulip"), nil
}

func (f *inferFake) note(req *inferencepb.ModelInferRequest, headers map[string][]string, host string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.requests = append(f.requests, proto.CloneOf(req))
	f.headers = append(f.headers, headers)
	f.hosts = append(f.hosts, host)
}

func labelled(req *inferencepb.ModelInferRequest, label string) *inferencepb.ModelInferResponse {
	return &inferencepb.ModelInferResponse{
		ModelName: req.GetModelName(), ModelVersion: "1", Id: req.GetId(),
		Outputs:           []*inferencepb.ModelInferResponse_InferOutputTensor{{Name: "predictions", Datatype: "BYTES", Shape: []int64{1, 1}}},
		RawOutputContents: [][]byte{infer.RawStrings(label)},
	}
}

// one is the only request that came.
func (f *inferFake) one(t *testing.T) *inferencepb.ModelInferRequest {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.requests) != 1 {
		t.Fatalf("%d requests came, not one", len(f.requests))
	}
	return f.requests[0]
}

// serveGRPC returns the address of the gRPC edge.
func (f *inferFake) serveGRPC(t *testing.T, options ...grpc.ServerOption) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer(options...)
	inferencepb.RegisterGRPCInferenceServiceServer(server, f)
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return listener.Addr().String()
}

// serveREST returns the address of the REST edge.
func (f *inferFake) serveREST(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(f.handler())
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

func (f *inferFake) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v2/models", func(w http.ResponseWriter, r *http.Request) {
		if f.names == nil {
			http.NotFound(w, r)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"models": f.names})
	})
	describe := func(w http.ResponseWriter, r *http.Request) {
		m, err := f.ModelMetadata(r.Context(), &inferencepb.ModelMetadataRequest{Name: r.PathValue("name"), Version: r.PathValue("version")})
		if err != nil {
			refuse(w, err)
			return
		}
		body, _ := protojson.MarshalOptions{UseProtoNames: true}.Marshal(m)
		_, _ = w.Write(body)
	}
	mux.HandleFunc("GET /v2/models/{name}", describe)
	mux.HandleFunc("GET /v2/models/{name}/versions/{version}", describe)
	mux.HandleFunc("POST /v2/models/{name}/infer", f.serveInfer)
	mux.HandleFunc("POST /v2/models/{name}/versions/{version}/infer", f.serveInfer)
	return mux
}

func (f *inferFake) serveInfer(w http.ResponseWriter, r *http.Request) {
	body, err := f.inferREST(r)
	if err != nil {
		refuse(w, err)
		return
	}
	_, _ = w.Write(body)
}

func (f *inferFake) inferREST(r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	req, err := tensorjson.DecodeRequest(body, tensorjson.Options{ModelName: r.PathValue("name"), ModelVersion: r.PathValue("version")})
	if err != nil {
		return nil, err
	}
	wire := req.Marshal().MaterializeToBuffer(mem.NopBufferPool{})
	var message inferencepb.ModelInferRequest
	if err := proto.Unmarshal(wire.ReadOnlyData(), &message); err != nil {
		return nil, err
	}
	headers := metadata.MD{":authority": {r.Host}}
	for key, values := range r.Header {
		headers.Append(key, values...)
	}
	answer, err := f.ModelInfer(metadata.NewIncomingContext(r.Context(), headers), &message)
	if err != nil {
		return nil, err
	}
	encoded, err := proto.Marshal(answer)
	if err != nil {
		return nil, err
	}
	resp, err := infer.ParseResponse(mem.BufferSlice{mem.SliceBuffer(encoded)})
	if err != nil {
		return nil, err
	}
	return tensorjson.AppendResponse(nil, resp, tensorjson.Options{})
}

func refuse(w http.ResponseWriter, err error) {
	code := map[codes.Code]int{codes.InvalidArgument: 400, codes.NotFound: 404, codes.Unimplemented: 501, codes.DeadlineExceeded: 504}[infer.CodeOf(err)]
	if code == 0 {
		code = http.StatusInternalServerError
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": infer.AsError(err).Error()})
}

// edge is one way to a fake, as flags say it.
type edge struct {
	name  string
	flags func(t *testing.T, f *inferFake) []string
}

func edges() []edge {
	return []edge{
		{"gRPC", func(t *testing.T, f *inferFake) []string { t.Helper(); return []string{"--address", f.serveGRPC(t)} }},
		{"REST", func(t *testing.T, f *inferFake) []string {
			t.Helper()
			return []string{"--rest", "--address", f.serveREST(t)}
		}},
	}
}

// typeInfer runs the command as it is typed; the answer took 2.1341 ms.
func typeInfer(t *testing.T, stdin string, args ...string) (string, error) {
	t.Helper()
	clock := time.Unix(0, 0)
	now := func() time.Time { clock = clock.Add(2134100 * time.Nanosecond); return clock }
	root := &cobra.Command{SilenceErrors: true, SilenceUsage: true}
	root.AddCommand(newCommandAt(now))
	var out bytes.Buffer
	root.SetOut(&out)
	root.SetErr(&out)
	root.SetIn(strings.NewReader(stdin))
	root.SetArgs(append([]string{"infer"}, args...))
	err := root.ExecuteContext(t.Context())
	return out.String(), err
}

// describes is metadata with these inputs: name, datatype and shape.
func describes(inputs ...*inferencepb.ModelMetadataResponse_TensorMetadata) *inferencepb.ModelMetadataResponse {
	return &inferencepb.ModelMetadataResponse{Name: "m", Versions: []string{"1"}, Platform: "test", Inputs: inputs}
}

func described(name, datatype string, shape ...int64) *inferencepb.ModelMetadataResponse_TensorMetadata {
	return &inferencepb.ModelMetadataResponse_TensorMetadata{Name: name, Datatype: datatype, Shape: shape}
}
