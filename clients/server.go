package clients

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"github.com/manifold-serving/manifold/clients/fleet"
	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

// Server is an upstream model server: its endpoints, their connections, and what is known of its models. It is safe for concurrent
// use.
type Server struct {
	name       string
	options    Options // complete
	models     patterns
	dial       []grpc.DialOption // of every connection
	security   credentials.TransportCredentials
	fleet      *fleet.Fleet[*link]
	logger     *slog.Logger
	generation atomic.Uint64 // counts connections that came or went, whatever the endpoint

	mu    sync.Mutex              // held to change links
	links atomic.Pointer[[]*link] // those of the fleet's endpoints

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
	dial   []grpc.DialOption
	logger *slog.Logger
}

// WithDialOptions adds to the options of every connection, for example telemetry.
func WithDialOptions(options ...grpc.DialOption) Option {
	return func(c *collaborators) { c.dial = append(c.dial, options...) }
}

// WithLogger has changes of an endpoint's state logged, a line each. Without it nothing is.
func WithLogger(logger *slog.Logger) Option {
	return func(c *collaborators) { c.logger = logger }
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
	s := &Server{name: name, options: o.complete()}
	s.models = s.options.Models
	var err error
	if s.security, err = s.options.TLS.credentials(); err != nil {
		return nil, err
	}
	if with.logger == nil {
		with.logger = slog.New(slog.DiscardHandler)
	}
	s.dial = append(s.options.dialOptions(s.security), with.dial...)
	s.links.Store(new([]*link))
	s.logger = with.logger.With("upstream", name)
	if s.fleet, err = fleet.Open(name, s.options.Targets, s.options.Policies, transport{s}, with.logger); err != nil {
		return nil, err
	}
	return s, nil
}

// Name is the name of the resource.
func (s *Server) Name() string { return s.name }

// Shutdown waits until no call is in flight, or ctx is done, and closes the connections; calls that come while it waits are still
// served. Calls that the end of ctx cuts off, and those that come later, are UNAVAILABLE. The error is that of ctx when calls were
// cut off.
func (s *Server) Shutdown(ctx context.Context) error { return s.fleet.Shutdown(ctx) }

// Close closes the connections at once; calls in flight are UNAVAILABLE. Closing again does nothing.
func (s *Server) Close() error { return s.fleet.Close() }
