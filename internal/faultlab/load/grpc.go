package load

import (
	"context"
	"errors"
	"io"
	"sync/atomic"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	pb "github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/internal/faultlab/proof"
)

// maxAnswer is how big an answer may be.
const maxAnswer = 256 << 20

// grpcCaller is a client as it comes, without retries.
type grpcCaller struct {
	connections []*grpc.ClientConn
	next        atomic.Uint64
	model       string
	stream      bool
}

func newGRPCCaller(o Options) (*grpcCaller, error) {
	g := &grpcCaller{model: o.Model, stream: o.Protocol == Stream}
	for range o.Connections {
		c, err := grpc.NewClient("passthrough:///"+o.Target, grpc.WithTransportCredentials(insecure.NewCredentials()),
			grpc.WithDisableRetry(), grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxAnswer)))
		if err != nil {
			g.close()
			return nil, err
		}
		g.connections = append(g.connections, c)
	}
	return g, nil
}

func (g *grpcCaller) close() {
	for _, c := range g.connections {
		_ = c.Close()
	}
}

func (g *grpcCaller) call(ctx context.Context, c proof.Call) reply {
	client := pb.NewGRPCInferenceServiceClient(g.connections[g.next.Add(1)%uint64(len(g.connections))])
	ask := g.infer
	if g.stream {
		ask = g.streamInfer
	}
	resp, err := ask(ctx, client, c.Request(g.model))
	if err != nil {
		s := status.Convert(err)
		return reply{code: name(s.Code()), message: s.Message()}
	}
	answer, err := proof.AnswerOf(resp)
	return reply{code: "OK", answer: answer, broken: err}
}

func (g *grpcCaller) infer(ctx context.Context, client pb.GRPCInferenceServiceClient, req *pb.ModelInferRequest) (*pb.ModelInferResponse, error) {
	return client.ModelInfer(ctx, req)
}

// streamInfer is a stream with one request, whose answer is one message.
func (g *grpcCaller) streamInfer(ctx context.Context, client pb.GRPCInferenceServiceClient, req *pb.ModelInferRequest) (*pb.ModelInferResponse, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s, err := client.ModelStreamInfer(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.Send(req); err != nil && !errors.Is(err, io.EOF) { // EOF: Recv tells why
		return nil, err
	}
	if err := s.CloseSend(); err != nil {
		return nil, err
	}
	answer, err := s.Recv()
	switch {
	case errors.Is(err, io.EOF):
		return nil, status.Error(codes.Internal, "the stream ended without an answer")
	case err != nil:
		return nil, err
	case answer.ErrorMessage != "":
		return nil, status.Error(codes.Unknown, answer.ErrorMessage)
	}
	if _, err := s.Recv(); !errors.Is(err, io.EOF) {
		if err == nil {
			err = status.Error(codes.Internal, "the stream has a second answer")
		}
		return nil, err
	}
	return answer.InferResponse, nil
}
