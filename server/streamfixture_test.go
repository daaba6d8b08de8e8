package server_test

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
	"testing"

	"google.golang.org/grpc/mem"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

// streaming is a fake that answers with messages of its own.
type streaming struct {
	model
	stream    func(ctx context.Context, req *infer.Request, yield func(infer.Reply) error) error
	decoupled bool
	configs   atomic.Int64 // how often it was asked
}

func (s *streaming) Stream(ctx context.Context, req *infer.Request, yield func(infer.Reply) error) error {
	return s.stream(ctx, req, yield)
}

func (s *streaming) Config(context.Context) (*inferencepb.ModelConfig, error) {
	s.configs.Add(1)
	return &inferencepb.ModelConfig{ModelTransactionPolicy: &inferencepb.ModelTransactionPolicy{Decoupled: s.decoupled}}, nil
}

// part is a message of a fake's answer.
func part(last bool) infer.Reply {
	return infer.Reply{Response: infer.NewResponse(infer.Head{
		ModelName: "inner", ModelVersion: "1", ID: "of-the-model", Parameters: infer.Parameters{{Key: infer.FinalResponse, Value: last}},
	}, []infer.TensorData{{Name: "y", DataType: infer.Int8, Shape: infer.Shape{1}, Data: mem.SliceBuffer([]byte{1})}})}
}

func finalParameter(last bool) map[string]*inferencepb.InferParameter {
	return map[string]*inferencepb.InferParameter{infer.FinalResponse: {ParameterChoice: &inferencepb.InferParameter_BoolParam{BoolParam: last}}}
}

// numbered is small with an id.
func numbered(name, id string) *inferencepb.ModelInferRequest {
	req := small(name)
	req.Id = id
	return req
}

func open(ctx context.Context, t *testing.T, g *gateway) inferencepb.GRPCInferenceService_ModelStreamInferClient {
	t.Helper()
	s, err := g.client.ModelStreamInfer(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func sendAll(t *testing.T, s inferencepb.GRPCInferenceService_ModelStreamInferClient, all ...*inferencepb.ModelInferRequest) {
	t.Helper()
	for _, req := range all {
		if err := s.Send(req); err != nil {
			t.Fatal(err)
		}
	}
}

// receiveAll ends the client's side and returns everything that comes until the stream's end.
func receiveAll(t *testing.T, s inferencepb.GRPCInferenceService_ModelStreamInferClient) ([]*inferencepb.ModelStreamInferResponse, error) {
	t.Helper()
	if err := s.CloseSend(); err != nil {
		t.Fatal(err)
	}
	var all []*inferencepb.ModelStreamInferResponse
	for {
		m, err := s.Recv()
		switch {
		case errors.Is(err, io.EOF):
			return all, nil
		case err != nil:
			return all, err
		}
		all = append(all, m)
	}
}

func ids(all []*inferencepb.ModelStreamInferResponse) []string {
	var ids []string
	for _, m := range all {
		ids = append(ids, m.GetInferResponse().GetId())
	}
	return ids
}
