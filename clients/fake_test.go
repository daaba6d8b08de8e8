package clients_test

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/experimental"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/manifold-serving/manifold/clients"
	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/internal/oiptest"
)

// fake is a model server. What is not set answers UNIMPLEMENTED, but for infer, which answers with outputs that are the inputs.
type fake struct {
	inferencepb.UnimplementedGRPCInferenceServiceServer

	infer    func(ctx context.Context, request []byte) ([]byte, error)
	metadata func(model string) ([]byte, error)
	ready    func(model string) (bool, error)
	index    func() (*inferencepb.RepositoryIndexResponse, error)
	about    *inferencepb.ServerMetadataResponse
	closed   error // what it says instead
	stream   func(request []byte, stream grpc.ServerStream) error
	version  func(method, model, version string) error // of what is asked about a model; nil allows all
	config   *inferencepb.ModelConfigResponse
	stats    []*inferencepb.ModelStatistics
	loads    func(request []byte) ([]byte, error)

	infers, metadatas, readies, indexes, abouts, configs atomic.Int32
}

func (f *fake) ServerMetadata(ctx context.Context, req *inferencepb.ServerMetadataRequest) (*inferencepb.ServerMetadataResponse, error) {
	f.abouts.Add(1)
	if f.closed != nil {
		return nil, f.closed
	}
	if f.about == nil {
		return f.UnimplementedGRPCInferenceServiceServer.ServerMetadata(ctx, req)
	}
	return f.about, nil
}

func (f *fake) ModelConfig(ctx context.Context, req *inferencepb.ModelConfigRequest) (*inferencepb.ModelConfigResponse, error) {
	f.configs.Add(1)
	if f.config == nil {
		return f.UnimplementedGRPCInferenceServiceServer.ModelConfig(ctx, req)
	}
	return f.config, f.allows("config", req.GetName(), req.GetVersion())
}

func (f *fake) ModelStatistics(ctx context.Context, req *inferencepb.ModelStatisticsRequest) (*inferencepb.ModelStatisticsResponse, error) {
	if f.stats == nil {
		return f.UnimplementedGRPCInferenceServiceServer.ModelStatistics(ctx, req)
	}
	return &inferencepb.ModelStatisticsResponse{ModelStats: f.stats}, f.allows("statistics", req.GetName(), req.GetVersion())
}

func (f *fake) allows(method, model, version string) error {
	if f.version == nil {
		return nil
	}
	return f.version(method, model, version)
}

func (f *fake) ServerLive(context.Context, *inferencepb.ServerLiveRequest) (*inferencepb.ServerLiveResponse, error) {
	return &inferencepb.ServerLiveResponse{Live: true}, nil
}

func (f *fake) ServerReady(context.Context, *inferencepb.ServerReadyRequest) (*inferencepb.ServerReadyResponse, error) {
	return &inferencepb.ServerReadyResponse{}, nil
}

func (f *fake) ModelReady(ctx context.Context, req *inferencepb.ModelReadyRequest) (*inferencepb.ModelReadyResponse, error) {
	f.readies.Add(1)
	if f.ready == nil {
		return f.UnimplementedGRPCInferenceServiceServer.ModelReady(ctx, req)
	}
	if err := f.allows("ready", req.GetName(), req.GetVersion()); err != nil {
		return nil, err
	}
	ready, err := f.ready(req.GetName())
	return &inferencepb.ModelReadyResponse{Ready: ready}, err
}

func (f *fake) RepositoryIndex(ctx context.Context, req *inferencepb.RepositoryIndexRequest) (*inferencepb.RepositoryIndexResponse, error) {
	f.indexes.Add(1)
	if f.index == nil {
		return f.UnimplementedGRPCInferenceServiceServer.RepositoryIndex(ctx, req)
	}
	return f.index()
}

func (f *fake) inferBytes(ctx context.Context, request []byte) ([]byte, error) {
	f.infers.Add(1)
	if f.infer == nil {
		return proto.Marshal(&inferencepb.ModelInferResponse{ModelName: "fake"})
	}
	return f.infer(ctx, request)
}

func (f *fake) metadataBytes(ctx context.Context, request []byte) ([]byte, error) {
	f.metadatas.Add(1)
	var req inferencepb.ModelMetadataRequest
	if err := proto.Unmarshal(request, &req); err != nil {
		return nil, err
	}
	if f.metadata == nil {
		_, err := f.ModelMetadata(ctx, &req)
		return nil, err
	}
	if err := f.allows("metadata", req.GetName(), req.GetVersion()); err != nil {
		return nil, err
	}
	return f.metadata(req.GetName())
}

func (f *fake) loadBytes(_ context.Context, request []byte) ([]byte, error) {
	if f.loads == nil {
		return nil, status.Error(codes.Unimplemented, "no loading")
	}
	return f.loads(request)
}

func (f *fake) streamBytes(_ any, stream grpc.ServerStream) error {
	var in infer.Frame
	if err := stream.RecvMsg(&in); err != nil {
		return err
	}
	data := in.Buffers.Materialize()
	in.Buffers.Free()
	return f.stream(data, stream)
}

// send sends bytes on a stream.
func send(stream grpc.ServerStream, m proto.Message) error {
	wire, err := proto.Marshal(m)
	if err != nil {
		return err
	}
	return stream.SendMsg(&infer.Frame{Buffers: mem.BufferSlice{mem.SliceBuffer(wire)}})
}

// desc is the service with methods that see and send bytes.
func (f *fake) desc() *grpc.ServiceDesc {
	desc := inferencepb.GRPCInferenceService_ServiceDesc
	desc.Methods = slices.Clone(desc.Methods)
	for i := range desc.Methods {
		switch desc.Methods[i].MethodName {
		case "ModelInfer":
			desc.Methods[i].Handler = bytesHandler(f.inferBytes)
		case "ModelMetadata":
			desc.Methods[i].Handler = bytesHandler(f.metadataBytes)
		case "RepositoryModelLoad", "RepositoryModelUnload":
			desc.Methods[i].Handler = bytesHandler(f.loadBytes)
		}
	}
	if f.stream != nil {
		desc.Streams = []grpc.StreamDesc{{StreamName: "ModelStreamInfer", Handler: f.streamBytes, ServerStreams: true, ClientStreams: true}}
	}
	return &desc
}

func bytesHandler(answer func(context.Context, []byte) ([]byte, error)) grpc.MethodHandler {
	return func(_ any, ctx context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
		var in infer.Frame
		if err := decode(&in); err != nil {
			return nil, err
		}
		data := in.Buffers.Materialize()
		in.Buffers.Free()
		out, err := answer(ctx, data)
		if err != nil {
			return nil, err
		}
		return &infer.Frame{Buffers: mem.BufferSlice{mem.SliceBuffer(out)}}, nil
	}
}

// serve starts f and returns how to stop it at once.
func (f *fake) serve(network, address string, options ...grpc.ServerOption) (stop func(), err error) {
	listener, err := net.Listen(network, address)
	if err != nil {
		return nil, err
	}
	stop, _ = f.serveOn(listener, options...)
	return stop, nil
}

// serveOn returns how to stop at once, and how to let calls finish first.
func (f *fake) serveOn(listener net.Listener, options ...grpc.ServerOption) (stop, drain func()) {
	server := grpc.NewServer(append(options, grpc.ForceServerCodecV2(infer.Codec{}), grpc.MaxRecvMsgSize(1<<30))...)
	server.RegisterService(f.desc(), f)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(listener)
	}()
	ending := func(end func()) func() {
		return func() {
			end()
			<-done
		}
	}
	return ending(server.Stop), ending(server.GracefulStop)
}

// start serves f on a TCP port until the test ends.
func (f *fake) start(tb testing.TB, options ...grpc.ServerOption) (address string) {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	stop, _ := f.serveOn(listener, options...)
	tb.Cleanup(stop)
	return listener.Addr().String()
}

// socket is the path of a unix socket.
func socket(tb testing.TB) string {
	tb.Helper()
	return filepath.Join(tb.TempDir(), "s")
}

// open opens a server whose buffers are counted, and closes it when the test ends.
func open(tb testing.TB, o clients.Options, options ...clients.Option) *clients.Server {
	tb.Helper()
	pool := clients.WithDialOptions(experimental.WithBufferPool(oiptest.NewPool(tb)))
	return openUncounted(tb, o, append(options, pool)...)
}

// openUncounted is open for what makes grpc-go leave buffers to the garbage collector.
func openUncounted(tb testing.TB, o clients.Options, options ...clients.Option) *clients.Server {
	tb.Helper()
	s, err := clients.Open("vision", o, options...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Errorf("close: %v", err)
		}
	})
	return s
}

// connect starts f on a port of its own and opens it.
func connect(tb testing.TB, f *fake, o clients.Options) *clients.Server {
	tb.Helper()
	o.Targets = []string{f.start(tb)}
	return open(tb, o)
}

// request is a request for model "m" with data of so many bytes.
func request(tb testing.TB, size int) *infer.Request {
	tb.Helper()
	req := infer.NewRequest(infer.Head{ModelName: "m", ID: "1"}, []infer.TensorData{{
		Name: "x", DataType: infer.Uint8, Shape: infer.Shape{int64(size)}, Data: mem.SliceBuffer(make([]byte, size)),
	}}, nil)
	tb.Cleanup(req.Free)
	return req
}

// call sends a small request and drops the response.
func call(ctx context.Context, tb testing.TB, h infer.Handler) error {
	tb.Helper()
	response, err := h.Infer(ctx, request(tb, 16))
	if err == nil {
		response.Free()
	}
	return err
}

// wantError checks the code and the text of an error, and that it is an *infer.Error.
func wantError(tb testing.TB, err error, code codes.Code, text string) {
	tb.Helper()
	var e *infer.Error
	if !errors.As(err, &e) {
		tb.Fatalf("%v is not an *infer.Error; want %q", err, text)
	}
	if e.Code != code || e.Error() != text {
		tb.Errorf("got  %v %q\nwant %v %q", e.Code, e.Error(), code, text)
	}
}
