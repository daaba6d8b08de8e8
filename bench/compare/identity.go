package main

import (
	"math"
	"net"

	"google.golang.org/grpc"
	"google.golang.org/grpc/mem"

	pb "github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

// model is what the model server has.
const model = "echo"

// serveIdentity is a model server as cheap as grpc-go makes one: its model answers every input as an output of that name.
func serveIdentity(l net.Listener) error {
	s := grpc.NewServer(grpc.ForceServerCodecV2(infer.Codec{}), grpc.MaxRecvMsgSize(math.MaxInt32), grpc.MaxSendMsgSize(math.MaxInt32),
		grpc.StaticStreamWindowSize(1<<20), grpc.StaticConnWindowSize(16<<20))
	desc := pb.GRPCInferenceService_ServiceDesc
	var methods []grpc.MethodDesc
	for _, m := range desc.Methods {
		if m.MethodName != "ModelInfer" {
			methods = append(methods, m)
		}
	}
	desc.Methods = methods
	desc.Streams = []grpc.StreamDesc{{StreamName: "ModelInfer", Handler: echo, ClientStreams: true, ServerStreams: true}}
	s.RegisterService(&desc, identity{})
	return s.Serve(l)
}

type identity struct {
	pb.UnimplementedGRPCInferenceServiceServer
}

func echo(_ any, stream grpc.ServerStream) error {
	var frame infer.Frame
	if err := stream.RecvMsg(&frame); err != nil {
		return err
	}
	req, err := infer.ParseRequest(frame.Buffers)
	if err != nil {
		return err
	}
	defer req.Free()
	outputs := make([]infer.TensorData, len(req.Tensors()))
	for i := range req.Tensors() {
		t := &req.Tensors()[i]
		raw, err := t.AppendTo(nil)
		if err != nil {
			return err
		}
		outputs[i] = infer.TensorData{Name: t.Name, DataType: t.DataType, Shape: t.Shape, Data: mem.SliceBuffer(raw)}
	}
	resp := infer.NewResponse(infer.Head{ModelName: req.ModelName(), ModelVersion: "1", ID: req.ID()}, outputs)
	defer resp.Free()
	return stream.SendMsg(&infer.Frame{Buffers: resp.Marshal()})
}
