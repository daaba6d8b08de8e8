package clients

import (
	"context"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

// maxModelName bounds what a server is asked for, in bytes.
const maxModelName = 1024

// Names are the models that are exposed by name, not by a pattern.
func (s *Server) Names() []string { return s.models.exact() }

// Has reports whether the server has the model and exposes it. A model that Models names is taken for granted; otherwise the server's
// index tells, and a server without one is asked for the model's readiness and metadata. Answers are remembered: that it has a model
// for half a minute, that it has not for a second, neither across a reconnect. The error says that the server cannot be asked.
func (s *Server) Has(ctx context.Context, model string) (bool, error) {
	switch {
	case len(model) > maxModelName || !s.models.match(model):
		return false, nil
	case s.models.names(model):
		return true, nil
	}
	l, err := s.index(ctx, lifetime)
	if err == nil && !l.none && !l.has(model) {
		l, err = s.index(ctx, doubtfulLife)
	}
	switch {
	case err != nil:
		return false, s.own(err)
	case l.none:
		return s.hasByName(ctx, model)
	}
	return l.has(model), nil
}

func (s *Server) hasByName(ctx context.Context, model string) (bool, error) {
	found, err := s.presence.get(ctx, model, source[bool]{
		ask: func(ctx context.Context) (bool, trip, error) { return s.askPresence(ctx, model) },
		life: func(found bool) time.Duration {
			if found {
				return lifetime
			}
			return doubtfulLife
		},
		generation: s.generation.Load,
	})
	if err != nil {
		return false, s.own(err)
	}
	return found, nil
}

// askPresence asks for readiness, and for metadata when the model is not ready: it may exist all the same. Servers disagree about
// the code for a model that does not exist, so every code counts as "no" that does not speak of the server or the call.
func (s *Server) askPresence(ctx context.Context, model string) (found bool, way trip, err error) {
	ready, way, err := s.askReady(ctx, model, "")
	if inconclusive(err) {
		return false, way, err
	}
	if err == nil && ready {
		return true, way, nil
	}
	_, way, err = s.Model(model).askMetadata(ctx)
	if inconclusive(err) {
		return false, way, err
	}
	return err == nil, way, nil
}

// inconclusive reports whether err leaves open what was asked.
func inconclusive(err error) bool {
	switch infer.CodeOf(err) {
	case codes.Canceled, codes.DeadlineExceeded, codes.Unavailable, codes.ResourceExhausted, codes.Aborted,
		codes.Unauthenticated, codes.PermissionDenied:
		return true
	case codes.OK, codes.Unknown, codes.InvalidArgument, codes.NotFound, codes.AlreadyExists, codes.FailedPrecondition,
		codes.OutOfRange, codes.Unimplemented, codes.Internal, codes.DataLoss:
	}
	return false
}

// Ready implements [infer.Prober]: it asks the server each time. UNAVAILABLE when the model is not ready, NOT_FOUND when there is no
// such version of it.
func (u *Upstream) Ready(ctx context.Context) error {
	if err := u.checkVersion(ctx); err != nil {
		return err
	}
	s := u.server
	ready, way, err := s.askReady(ctx, u.name, u.version)
	switch {
	case err != nil:
		return err
	case ready:
		return nil
	case u.version != "": // to Triton, a version that there is none of is not ready
		if _, _, err := u.askMetadata(ctx); infer.CodeOf(err) == codes.NotFound {
			return err
		}
	}
	return s.affirm(way, false, "model "+u.name+" is not ready")
}

func (s *Server) askReady(ctx context.Context, model, version string) (ready bool, way trip, err error) {
	reply, way, err := ask[inferencepb.ModelReadyResponse](ctx, s, model, inferencepb.GRPCInferenceService_ModelReady_FullMethodName,
		&inferencepb.ModelReadyRequest{Name: model, Version: version}, probeSize())
	return reply.GetReady(), way, err
}

// Live returns nil when one endpoint of the server says that it is live, or why not.
func (s *Server) Live(ctx context.Context) error {
	reply, way, err := ask[inferencepb.ServerLiveResponse](ctx, s, "", inferencepb.GRPCInferenceService_ServerLive_FullMethodName,
		&inferencepb.ServerLiveRequest{}, probeSize())
	if err != nil {
		return err
	}
	return s.affirm(way, reply.GetLive(), "the server says that it is not live")
}

// Ready returns nil when one endpoint of the server says that it is ready for inference, or why not.
func (s *Server) Ready(ctx context.Context) error {
	reply, way, err := ask[inferencepb.ServerReadyResponse](ctx, s, "", inferencepb.GRPCInferenceService_ServerReady_FullMethodName,
		&inferencepb.ServerReadyRequest{}, probeSize())
	if err != nil {
		return err
	}
	return s.affirm(way, reply.GetReady(), "the server says that it is not ready")
}

func (s *Server) affirm(way trip, yes bool, otherwise string) error {
	if yes {
		return nil
	}
	return &infer.Error{Code: codes.Unavailable, Origin: s.origin(way.address), Reason: otherwise}
}

// probeSize bounds the answer to a question of yes or no.
func probeSize() grpc.CallOption { return grpc.MaxCallRecvMsgSize(64 << 10) }
