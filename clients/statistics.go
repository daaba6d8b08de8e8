package clients

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/clients/balance"
	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

// maxStatisticsBytes bounds what a server tells of what it did.
const maxStatisticsBytes = 16 << 20

// Statistics implements [infer.Reporter]: the server's own, or what was counted here of requests that went to it; NOT_FOUND
// when it has no such version.
func (u *Upstream) Statistics(ctx context.Context) ([]*inferencepb.ModelStatistics, error) {
	if err := u.checkVersion(ctx); err != nil {
		return nil, err
	}
	all, err := u.server.askStatistics(ctx, &inferencepb.ModelStatisticsRequest{Name: u.name, Version: u.version})
	if infer.CodeOf(err) != codes.Unimplemented {
		return all, err
	}
	if u.version != "" {
		if _, err := u.Metadata(ctx); infer.CodeOf(err) == codes.NotFound {
			return nil, err
		}
	}
	return []*inferencepb.ModelStatistics{u.server.counters.report(modelVersion{u.name, u.version})}, nil
}

// Statistics are those of all models that the server exposes: its own, or what was counted here.
func (s *Server) Statistics(ctx context.Context) ([]*inferencepb.ModelStatistics, error) {
	all, err := s.askStatistics(ctx, &inferencepb.ModelStatisticsRequest{})
	if infer.CodeOf(err) == codes.Unimplemented {
		all, err = s.counters.statistics(), nil
	}
	if err != nil {
		return nil, err
	}
	var exposed []*inferencepb.ModelStatistics
	for _, m := range all {
		if s.models.match(m.GetName()) {
			exposed = append(exposed, m)
		}
	}
	return exposed, nil
}

// askStatistics asks every endpoint, for a client has one server in mind: those that can be asked are added up. The error is that of the
// first endpoint when none answers.
func (s *Server) askStatistics(ctx context.Context, req *inferencepb.ModelStatisticsRequest) ([]*inferencepb.ModelStatistics, error) {
	replies, err := everywhere(ctx, s, func(ctx context.Context, e *balance.Endpoint[*link]) ([]*inferencepb.ModelStatistics, error) {
		var reply inferencepb.ModelStatisticsResponse
		err := s.invokeAt(ctx, e, inferencepb.GRPCInferenceService_ModelStatistics_FullMethodName, req, &reply,
			grpc.MaxCallRecvMsgSize(maxStatisticsBytes))
		return reply.GetModelStats(), err
	})
	if err != nil {
		return nil, err
	}
	var told [][]*inferencepb.ModelStatistics
	for _, r := range replies {
		if r.err == nil {
			told = append(told, r.value)
		}
	}
	if told == nil {
		return nil, replies[0].err
	}
	return sum(told), nil
}
