package graph

import (
	"context"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/gen/inferencepb"
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
	if infer.CodeOf(err) == codes.Unimplemented {
		return nil, s.unanswered(ctx, err)
	}
	if err == nil && resp == nil {
		return nil, infer.Errorf(codes.Internal, "%s gave neither a response nor an error", s.target.label())
	}
	return resp, err
}

// stream is Infer with as many replies as the service gives.
func (s *service) stream(ctx context.Context, req *infer.Request, out sink) error {
	streamer, ok := s.handler.(infer.Streamer)
	if !ok {
		resp, err := s.Infer(ctx, req)
		if err != nil {
			return err
		}
		return out.once(resp)
	}
	edit := infer.Edit{ModelName: new(s.target.Service), ModelVersion: new("")}
	if out.emptyFinal {
		edit.AddParameters = infer.Parameters{{Key: infer.EnableEmptyFinalResponse, Value: true}}
	}
	own := req.Edit(edit)
	defer own.Free()
	return streamer.Stream(ctx, own, out.yield)
}

func (s *service) size() size { return size{calls: 1} }

// unanswered tells what to do where the reason for err is that the model streams its answers.
func (s *service) unanswered(ctx context.Context, err error) error {
	if !s.config(ctx).GetModelTransactionPolicy().GetDecoupled() {
		return err
	}
	e := infer.AsError(err)
	return &infer.Error{Code: e.Code, Origin: e.Origin, Cause: err, Reason: e.Reason + "; " + s.target.label() +
		" streams its answers, so it can only be the last step of its path, and the graph be asked through ModelStreamInfer"}
}

// config is nil when the service does not tell.
func (s *service) config(ctx context.Context) *inferencepb.ModelConfig {
	configurer, ok := s.handler.(infer.Configurer)
	if !ok {
		return nil
	}
	config, err := configurer.Config(ctx)
	if err != nil {
		return nil
	}
	return config
}

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
