package oiptest

import (
	"context"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/mem"

	pb "github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

// Dial returns a client that sends and receives frames, so that what is measured with it is the other side and grpc-go alone.
func Dial(tb testing.TB, address string) *grpc.ClientConn {
	tb.Helper()
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.ForceCodecV2(infer.Codec{}), grpc.MaxCallRecvMsgSize(64<<20)))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = conn.Close() })
	return conn
}

// Ask sends req as a ModelInfer over a connection of [Dial], and drops the answer. It borrows req.
func Ask(ctx context.Context, conn *grpc.ClientConn, req *infer.Request) error {
	var reply infer.Frame
	err := conn.Invoke(ctx, pb.GRPCInferenceService_ModelInfer_FullMethodName, &infer.Frame{Buffers: req.Marshal()}, &reply)
	reply.Buffers.Free()
	return err
}

// Wide is a request of one UINT8 tensor, x, of that many bytes.
func Wide(model string, size int) *infer.Request {
	return infer.NewRequest(infer.Head{ModelName: model}, []infer.TensorData{
		{Name: "x", DataType: infer.Uint8, Shape: infer.Shape{int64(size)}, Data: mem.SliceBuffer(make([]byte, size))},
	}, nil)
}
