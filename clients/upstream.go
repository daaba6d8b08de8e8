package clients

import (
	"context"
	"slices"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/tally"
)

// Upstream is one model of a [Server]. It is safe for concurrent use, and dies with its Server.
type Upstream struct {
	server  *Server
	name    string
	handler infer.Handler
	counter tally.Counter
}

var _ infer.Model = (*Upstream)(nil)

// Model returns the model that the server knows by that name, whether or not it has one; see [Server.Has].
func (s *Server) Model(name string) *Upstream {
	u := &Upstream{server: s, name: name}
	u.handler = infer.HandlerFunc(u.infer)
	for _, wrap := range slices.Backward(s.middleware) {
		u.handler = wrap(u.handler)
	}
	return u
}

// Name is the model's name on its server.
func (u *Upstream) Name() string { return u.name }

// Stream implements [infer.Streamer].
func (u *Upstream) Stream(ctx context.Context, req *infer.Request, yield func(infer.Reply) error) error {
	return infer.StreamOnce(ctx, u, req, yield)
}

// Config implements [infer.Configurer].
func (u *Upstream) Config(ctx context.Context) (*inferencepb.ModelConfig, error) {
	m, err := u.Metadata(ctx)
	if err != nil {
		return nil, err
	}
	return m.Config(), nil
}

// Statistics implements [infer.Reporter].
func (u *Upstream) Statistics(context.Context) ([]*inferencepb.ModelStatistics, error) {
	return []*inferencepb.ModelStatistics{u.counter.Statistics(u.name, "1")}, nil
}

// Infer sends req under the model's name and returns what the server answers. Version, id and everything else pass as they are, and
// so do unknown fields. None of the client's metadata is sent. A caller without a deadline gets the server's Timeout.
//
// The code is the server's. Beyond that: UNAVAILABLE when there is no connection, RESOURCE_EXHAUSTED when a message exceeds
// MessageBytes, INTERNAL when the answer does not decode, CANCELLED and DEADLINE_EXCEEDED for ctx.
func (u *Upstream) Infer(ctx context.Context, req *infer.Request) (*infer.Response, error) {
	return u.counter.Infer(ctx, u.handler, req)
}

func (u *Upstream) infer(ctx context.Context, req *infer.Request) (*infer.Response, error) {
	s := u.server
	if limit := int(s.options.MessageBytes); req.Size() > limit {
		return nil, infer.At(s.origin(""), infer.Errorf(codes.ResourceExhausted,
			"the request has %d bytes, but at most %d go to it; send smaller batches or raise messageBytes of ModelServer %s",
			req.Size(), limit, s.name))
	}
	if req.ModelName() != u.name {
		req = req.Edit(infer.Edit{ModelName: new(u.name)})
		defer req.Free()
	}
	var reply infer.Frame
	way, err := s.invoke(ctx, inferencepb.GRPCInferenceService_ModelInfer_FullMethodName, lent{req}, &reply)
	if err != nil {
		reply.Buffers.Free()
		return nil, err
	}
	response, err := infer.ParseResponse(reply.Buffers)
	if err != nil {
		return nil, infer.At(s.origin(way.address)+": its answer", err)
	}
	return response, nil
}
