package oiptest

import (
	"context"
	"maps"
	"net"
	"slices"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/status"

	pb "github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

// Models are what a [Serve]d model server has, by name.
type Models map[string]infer.Handler

// Serve starts a model server on loopback and returns its address; tb's end stops it. It has a repository index, metadata of models
// that are [infer.Describer]s, and passes ModelInfer as bytes.
func Serve(tb testing.TB, models Models, options ...grpc.ServerOption) string {
	tb.Helper()
	var config net.ListenConfig
	listener, err := config.Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	s := grpc.NewServer(append([]grpc.ServerOption{grpc.ForceServerCodecV2(infer.Codec{}), grpc.MaxRecvMsgSize(1 << 30)}, options...)...)
	desc := pb.GRPCInferenceService_ServiceDesc
	desc.Methods = slices.DeleteFunc(slices.Clone(desc.Methods), func(m grpc.MethodDesc) bool { return m.MethodName == "ModelInfer" })
	desc.Streams = []grpc.StreamDesc{{StreamName: "ModelInfer", Handler: modelInfer, ClientStreams: true, ServerStreams: true}}
	s.RegisterService(&desc, &modelServer{models: models})
	served := make(chan error, 1)
	go func() { served <- s.Serve(listener) }()
	tb.Cleanup(func() {
		s.Stop()
		if err := <-served; err != nil {
			tb.Error(err)
		}
	})
	return listener.Addr().String()
}

type modelServer struct {
	pb.UnimplementedGRPCInferenceServiceServer
	models Models
}

func modelInfer(srv any, stream grpc.ServerStream) error {
	var in infer.Frame
	if err := stream.RecvMsg(&in); err != nil {
		return err
	}
	req, err := infer.ParseRequest(in.Buffers)
	if err != nil {
		return err
	}
	defer req.Free()
	m, ok := srv.(*modelServer).models[req.ModelName()]
	if !ok {
		return status.Errorf(codes.NotFound, "unknown model %q", req.ModelName())
	}
	resp, err := m.Infer(stream.Context(), req)
	if err != nil {
		return err
	}
	defer resp.Free()
	return stream.SendMsg(&infer.Frame{Buffers: resp.Marshal()})
}

func (s *modelServer) ServerLive(context.Context, *pb.ServerLiveRequest) (*pb.ServerLiveResponse, error) {
	return &pb.ServerLiveResponse{Live: true}, nil
}

func (s *modelServer) ServerReady(context.Context, *pb.ServerReadyRequest) (*pb.ServerReadyResponse, error) {
	return &pb.ServerReadyResponse{Ready: true}, nil
}

func (s *modelServer) ModelReady(_ context.Context, req *pb.ModelReadyRequest) (*pb.ModelReadyResponse, error) {
	_, ok := s.models[req.Name]
	return &pb.ModelReadyResponse{Ready: ok}, nil
}

func (s *modelServer) ModelMetadata(ctx context.Context, req *pb.ModelMetadataRequest) (*pb.ModelMetadataResponse, error) {
	m, ok := s.models[req.Name]
	if !ok {
		return nil, status.Errorf(codes.NotFound, "unknown model %q", req.Name)
	}
	answer := &pb.ModelMetadataResponse{Name: req.Name, Versions: []string{"1"}, Platform: "oiptest"}
	d, ok := m.(infer.Describer)
	if !ok {
		return answer, nil
	}
	described, err := d.Metadata(ctx)
	if err != nil {
		return nil, err
	}
	answer.Inputs, answer.Outputs = tensorMetadata(described.Inputs), tensorMetadata(described.Outputs)
	return answer, nil
}

func tensorMetadata(all []infer.TensorMetadata) []*pb.ModelMetadataResponse_TensorMetadata {
	var out []*pb.ModelMetadataResponse_TensorMetadata
	for _, t := range all {
		out = append(out, &pb.ModelMetadataResponse_TensorMetadata{Name: t.Name, Datatype: string(t.DataType), Shape: t.Shape})
	}
	return out
}

func (s *modelServer) RepositoryIndex(context.Context, *pb.RepositoryIndexRequest) (*pb.RepositoryIndexResponse, error) {
	answer := &pb.RepositoryIndexResponse{}
	for _, name := range slices.Sorted(maps.Keys(s.models)) {
		answer.Models = append(answer.Models, &pb.RepositoryIndexResponse_ModelIndex{Name: name, Version: "1", State: "READY"})
	}
	return answer, nil
}

// Identity answers every input as an output of the same name, by reference.
func Identity() infer.Handler {
	return infer.HandlerFunc(func(_ context.Context, req *infer.Request) (*infer.Response, error) {
		outputs := make([]infer.TensorData, len(req.Tensors()))
		for i, t := range req.Tensors() {
			data, err := t.Bytes()
			if err != nil {
				return nil, err
			}
			// A copy: the request's buffers go back before the response is sent.
			outputs[i] = infer.TensorData{Name: t.Name, DataType: t.DataType, Shape: t.Shape, Data: mem.Copy(data, mem.DefaultBufferPool())}
		}
		return infer.NewResponse(infer.Head{ModelName: req.ModelName(), ModelVersion: "1", ID: req.ID()}, outputs), nil
	})
}

// Label answers one BYTES output, predictions, that holds text, whatever it is asked.
func Label(text string) infer.Handler {
	return infer.HandlerFunc(func(_ context.Context, req *infer.Request) (*infer.Response, error) {
		return infer.NewResponse(infer.Head{ModelName: req.ModelName(), ModelVersion: "1", ID: req.ID()}, []infer.TensorData{
			{Name: "predictions", DataType: infer.Bytes, Shape: infer.Shape{1}, Data: mem.SliceBuffer(infer.RawStrings(text))},
		}), nil
	})
}
