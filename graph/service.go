package graph

import (
	"context"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/infer"
)

// service is a target outside the graphs.
type service struct {
	target  Target
	handler infer.Handler
}

var _ target = (*service)(nil)

// Infer sends req under the service's own name.
func (s *service) Infer(ctx context.Context, req *infer.Request) (*infer.Response, error) {
	own := req.Edit(infer.Edit{ModelName: new(s.target.Service), ModelVersion: new("")})
	defer own.Free()
	resp, err := s.handler.Infer(ctx, own)
	if err == nil && resp == nil {
		return nil, infer.Errorf(codes.Internal, "%s gave neither a response nor an error", s.target.label())
	}
	return resp, err
}

func (s *service) size() size { return size{calls: 1} }

// metadata is nil when the service does not tell.
func (s *service) metadata(ctx context.Context) *infer.Metadata {
	describer, ok := s.handler.(infer.Describer)
	if !ok {
		return nil
	}
	metadata, err := describer.Metadata(ctx)
	if err != nil {
		return nil
	}
	return metadata
}

// ready is nil when the service does not tell.
func (s *service) ready(ctx context.Context) error {
	prober, ok := s.handler.(infer.Prober)
	if !ok {
		return nil
	}
	return prober.Ready(ctx)
}
