package clients

import (
	"context"

	"google.golang.org/protobuf/proto"

	"github.com/manifold-serving/manifold/gen/inferencepb"
)

// Administer makes a unary RPC about the server itself, such as loading a model, and fills reply in.
func (s *Server) Administer(ctx context.Context, method string, req, reply proto.Message) error {
	_, err := s.invoke(ctx, method, req, reply)
	return err
}

// Statistics are those of all models that the server has and exposes.
func (s *Server) Statistics(ctx context.Context) ([]*inferencepb.ModelStatistics, error) {
	var reply inferencepb.ModelStatisticsResponse
	if _, err := s.invoke(ctx, inferencepb.GRPCInferenceService_ModelStatistics_FullMethodName,
		&inferencepb.ModelStatisticsRequest{}, &reply); err != nil {
		return nil, err
	}
	var exposed []*inferencepb.ModelStatistics
	for _, m := range reply.GetModelStats() {
		if s.models.match(m.GetName()) {
			exposed = append(exposed, m)
		}
	}
	return exposed, nil
}
