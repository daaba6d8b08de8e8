package clients

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/grpc"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

// Server is an upstream model server: its replicas, their connections, and what is known of its models. It is safe for concurrent
// use.
type Server struct {
	name       string
	options    Options // complete
	models     patterns
	pool       pool
	middleware []infer.Middleware

	counters counters
	detected memo[detection]
	metadata memo[*infer.Metadata]
	configs  memo[*inferencepb.ModelConfig] // nil: the server does not tell
	listing  memo[listing]
	presence memo[bool]
}

// Option is an optional collaborator of a Server.
type Option func(*collaborators)

type collaborators struct {
	dial       []grpc.DialOption
	middleware []infer.Middleware
}

// WithDialOptions adds to the options of every connection, for example telemetry.
func WithDialOptions(options ...grpc.DialOption) Option {
	return func(c *collaborators) { c.dial = append(c.dial, options...) }
}

// WithMiddleware wraps Infer of every [Upstream] of the server, the first outermost. Policies such as retries go here; each try is
// a call of its own, which chooses a connection anew.
func WithMiddleware(m ...infer.Middleware) Option {
	return func(c *collaborators) { c.middleware = append(c.middleware, m...) }
}

// Open returns the server that o describes, under the name of its resource. Nothing is dialled before the first call, so a server
// that is down can be opened; TLS files are read now. The error joins every fault, each naming its field.
func Open(name string, o Options, options ...Option) (*Server, error) {
	if err := errors.Join(o.Validate()...); err != nil {
		return nil, err
	}
	var with collaborators
	for _, option := range options {
		option(&with)
	}
	s := &Server{name: name, options: o.complete(), middleware: with.middleware}
	s.models = s.options.Models
	security, err := s.options.TLS.credentials()
	if err != nil {
		return nil, err
	}
	dial := append(s.options.dialOptions(security), with.dial...)
	if err := s.open(dial); err != nil {
		return nil, errors.Join(err, s.pool.close())
	}
	return s, nil
}

func (s *Server) open(dial []grpc.DialOption) error {
	for i, text := range s.options.Targets {
		t, err := parseTarget(text)
		if err != nil {
			return fmt.Errorf("targets[%d]: %w", i, err)
		}
		r := &replica{target: t}
		s.pool.replicas = append(s.pool.replicas, r)
		for range s.options.Connections {
			c, err := s.pool.newConn(r, dial)
			if err != nil {
				return fmt.Errorf("targets[%d]: %w", i, err)
			}
			r.conns = append(r.conns, c)
		}
	}
	return nil
}

// Name is the name of the resource.
func (s *Server) Name() string { return s.name }

// Shutdown waits until no call is in flight, or ctx is done, and closes the connections; calls that come while it waits are still
// served. Calls that the end of ctx cuts off, and those that come later, are UNAVAILABLE. The error is that of ctx when calls were
// cut off.
func (s *Server) Shutdown(ctx context.Context) error {
	var cut error
	select {
	case <-s.pool.idle():
	case <-ctx.Done():
		cut = ctx.Err()
	}
	return errors.Join(cut, s.pool.close())
}

// Close closes the connections at once; calls in flight are UNAVAILABLE. Closing again does nothing.
func (s *Server) Close() error { return s.pool.close() }
