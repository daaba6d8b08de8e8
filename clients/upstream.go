package clients

import (
	"context"
	"time"

	"github.com/manifold-serving/manifold/clients/fleet"
	"github.com/manifold-serving/manifold/infer"
)

// Upstream is one model of a [Server], or one version of it. It is safe for concurrent use, and dies with its Server.
type Upstream struct {
	server  *Server
	name    string
	version string // empty leaves the choice to the server
}

var _ infer.Model = (*Upstream)(nil)

// Model returns the model that the server knows by that name, whether or not it has one; see [Server.Has].
func (s *Server) Model(name string) *Upstream { return s.model(name, "") }

func (s *Server) model(name, version string) *Upstream {
	return &Upstream{server: s, name: name, version: version}
}

// Name is the model's name on its server.
func (u *Upstream) Name() string { return u.name }

// Server is where the model is.
func (u *Upstream) Server() *Server { return u.server }

// Infer sends req under the model's name and returns what the server answers. Id and everything else pass as they are, and so do
// unknown fields; what its dialect does not know is changed or left out. None of the client's metadata is sent. A caller without a
// deadline gets the server's Timeout.
//
// The code is the server's. Beyond that: UNAVAILABLE when there is no connection, RESOURCE_EXHAUSTED when a message exceeds
// MessageBytes, INVALID_ARGUMENT when an output is asked for that does not come or cannot be classified, or when the version is none,
// INTERNAL when the answer does not decode, CANCELLED and DEADLINE_EXCEEDED for ctx.
func (u *Upstream) Infer(ctx context.Context, req *infer.Request) (*infer.Response, error) {
	start := time.Now()
	response, err := u.infer(ctx, req)
	u.server.counters.done(modelVersion{u.name, u.version}, start, err)
	return response, err
}

func (u *Upstream) infer(ctx context.Context, req *infer.Request) (*infer.Response, error) {
	s := u.server
	ctx, cancel := s.options.Bounded(ctx)
	defer cancel()
	out, err := u.errand(ctx, req)
	if err != nil {
		return nil, err
	}
	defer out.free()
	came, err := fleet.Do(ctx, s.fleet, out.call(u.name), inference{s, out}.attempt())
	if err != nil {
		return nil, s.own(err)
	}
	response, err := out.answer(came.response)
	if err != nil {
		return nil, infer.At(s.origin(came.address), err)
	}
	return response, nil
}
