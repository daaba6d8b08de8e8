package server_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/mem"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/tally"
	"github.com/manifold-serving/manifold/internal/oiptest"
	"github.com/manifold-serving/manifold/server"
)

// catalog is a fixed set of models.
type catalog struct {
	models  map[string]infer.Model
	servers map[string]server.Administrator
	hosts   map[string]string // the server of a model
	ready   func() error
}

func (c *catalog) Model(_ context.Context, name, version string) (infer.Model, error) {
	m, ok := c.models[name]
	if !ok {
		return nil, infer.Errorf(codes.NotFound, "there is no model %q", name)
	}
	if version != "" && version != "1" {
		return nil, infer.Errorf(codes.NotFound, "model %q has no version %q", name, version)
	}
	return m, nil
}

func (c *catalog) Index(context.Context) ([]*inferencepb.RepositoryIndexResponse_ModelIndex, error) {
	var index []*inferencepb.RepositoryIndexResponse_ModelIndex
	for _, name := range slices.Sorted(maps.Keys(c.models)) {
		index = append(index, &inferencepb.RepositoryIndexResponse_ModelIndex{Name: name, Version: "1", State: "READY"})
	}
	return index, nil
}

func (c *catalog) Statistics(ctx context.Context) ([]*inferencepb.ModelStatistics, error) {
	var all []*inferencepb.ModelStatistics
	for _, name := range slices.Sorted(maps.Keys(c.models)) {
		of, err := c.models[name].Statistics(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, of...)
	}
	return all, nil
}

func (c *catalog) Server(name string) (server.Administrator, error) {
	if s, ok := c.servers[name]; ok {
		return s, nil
	}
	return nil, infer.Errorf(codes.NotFound, "there is no ModelServer %q", name)
}

func (c *catalog) Hosts(_ context.Context, server, model string) bool {
	return c.hosts[model] == server
}

func (c *catalog) Ready(context.Context) error {
	if c.ready != nil {
		return c.ready()
	}
	return nil
}

// model is a fake; its zero value echoes.
type model struct {
	infer   func(ctx context.Context, req *infer.Request) (*infer.Response, error)
	ready   error
	counter tally.Counter
}

func (m *model) Infer(ctx context.Context, req *infer.Request) (*infer.Response, error) {
	if m.infer == nil {
		return echo(req)
	}
	return m.infer(ctx, req)
}

func (m *model) Ready(context.Context) error { return m.ready }

func (m *model) Stream(ctx context.Context, req *infer.Request, yield func(infer.Reply) error) error {
	return infer.StreamOnce(ctx, m, req, yield)
}

func (m *model) Config(ctx context.Context) (*inferencepb.ModelConfig, error) {
	metadata, err := m.Metadata(ctx)
	if err != nil {
		return nil, err
	}
	return metadata.Config(), nil
}

func (m *model) Statistics(context.Context) ([]*inferencepb.ModelStatistics, error) {
	return []*inferencepb.ModelStatistics{m.counter.Statistics("inner", "1")}, nil
}

func (m *model) Metadata(context.Context) (*infer.Metadata, error) {
	return &infer.Metadata{
		Name: "inner", Versions: []string{"1"}, Platform: "onnx",
		Inputs:  []infer.TensorMetadata{{Name: "image", DataType: infer.FP32, Shape: infer.Shape{-1, 1 << 60}}},
		Outputs: []infer.TensorMetadata{{Name: "label", DataType: infer.Bytes, Shape: infer.Shape{-1}}},
	}, nil
}

// echo answers each input as an output of that name, under another model's name and id.
func echo(req *infer.Request) (*infer.Response, error) {
	var outputs []infer.TensorData
	for i := range req.Tensors() {
		t := &req.Tensors()[i]
		data, err := t.AppendTo(nil)
		if err != nil {
			return nil, err
		}
		outputs = append(outputs, infer.TensorData{Name: t.Name, DataType: t.DataType, Shape: t.Shape, Data: mem.SliceBuffer(data)})
	}
	return infer.NewResponse(infer.Head{ModelName: "inner", ModelVersion: "1", ID: "of-the-model"}, outputs), nil
}

func models() map[string]infer.Model {
	return map[string]infer.Model{
		"echo":    &model{},
		"unready": &model{ready: infer.Errorf(codes.Unavailable, "loading")},
	}
}

// gateway is a running server and clients of it.
type gateway struct {
	client   inferencepb.GRPCInferenceServiceClient
	conn     *grpc.ClientConn
	http     *http.Client
	at       server.Listeners
	registry *prometheus.Registry
	log      *logBuffer
	server   *server.Server
	stop     context.CancelFunc
	stopped  chan error
}

// logBuffer is a log that may be read while it is written.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// start serves c on free ports until the test ends.
func start(t *testing.T, c server.Catalog, change ...func(*server.Options, *server.Deps)) *gateway {
	t.Helper()
	g := &gateway{registry: prometheus.NewRegistry(), log: &logBuffer{}, stopped: make(chan error, 1)}
	options := server.Options{
		Listeners: server.Listeners{REST: "127.0.0.1:0", GRPC: "127.0.0.1:0", Admin: "127.0.0.1:0"},
		Grace:     -1,
	}
	deps := server.Deps{
		Registry: g.registry, Version: "1.2.3", Buffers: oiptest.NewPool(t),
		Logger: slog.New(slog.NewJSONHandler(g.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, f := range change {
		f(&options, &deps)
	}
	s, err := server.New(c, options, deps)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Listen(t.Context()); err != nil {
		t.Fatal(err)
	}
	g.server, g.at = s, s.Addresses()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	g.stop = cancel
	go func() { g.stopped <- s.Serve(ctx) }()
	g.http = &http.Client{Transport: &http.Transport{}}
	t.Cleanup(func() {
		cancel()
		if err := <-g.stopped; err != nil {
			t.Errorf("Serve = %v", err)
		}
		g.http.CloseIdleConnections()
	})
	g.conn = dial(t, g.at.GRPC)
	g.client = inferencepb.NewGRPCInferenceServiceClient(g.conn)
	return g
}

func dial(t *testing.T, address string, options ...grpc.DialOption) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient("passthrough:///"+address, append([]grpc.DialOption{
		grpc.WithTransportCredentials(insecure.NewCredentials()),
	}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// answer is an HTTP answer, read to its end.
type answer struct {
	status int
	header http.Header
	body   string
	closes bool // the connection
}

// do sends a request to the REST listener.
func (g *gateway) do(t *testing.T, method, path, body string, headers ...string) answer {
	t.Helper()
	return g.doAt(t, g.at.REST, method, path, strings.NewReader(body), headers...)
}

func (g *gateway) doAt(t *testing.T, address, method, path string, body io.Reader, headers ...string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, "http://"+address, body)
	if err != nil {
		t.Fatal(err)
	}
	req.URL.Opaque = path // as it is, without cleaning or escaping
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := g.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(text), resp.Close}
}

// send calls ModelInfer with the bytes of a message and returns the bytes of the answer.
func (g *gateway) send(ctx context.Context, message []byte) ([]byte, error) {
	var reply infer.Frame
	err := g.conn.Invoke(ctx, inferencepb.GRPCInferenceService_ModelInfer_FullMethodName,
		&infer.Frame{Buffers: mem.BufferSlice{mem.SliceBuffer(message)}}, &reply, grpc.ForceCodecV2(infer.Codec{}))
	if err != nil {
		return nil, err
	}
	defer reply.Buffers.Free()
	return reply.Buffers.Materialize(), nil
}

// small is a valid request to a model.
func small(name string) *inferencepb.ModelInferRequest {
	return &inferencepb.ModelInferRequest{
		ModelName: name, Id: "7",
		Inputs:           []*inferencepb.ModelInferRequest_InferInputTensor{{Name: "x", Datatype: "INT32", Shape: []int64{2}}},
		RawInputContents: [][]byte{{1, 0, 0, 0, 2, 0, 0, 0}},
	}
}

const smallJSON = `{"id":"7","inputs":[{"name":"x","datatype":"INT32","shape":[2],"data":[1,2]}]}`

// failing is a model that fails with a code.
type failing struct {
	model

	code codes.Code
}

func (f *failing) Infer(context.Context, *infer.Request) (*infer.Response, error) {
	return nil, infer.Errorf(f.code, "it fails")
}
