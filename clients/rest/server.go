package rest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/manifold-serving/manifold/clients"
	"github.com/manifold-serving/manifold/clients/fleet"
	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/tally"
)

// Server is an upstream model server over HTTP: its endpoints, and what is known of its models. It is safe for concurrent use.
type Server struct {
	name    string
	options clients.Options // complete
	fleet   *fleet.Fleet[*link]
	links   links

	traits   memo[traits]
	metadata memo[*infer.Metadata]
	configs  memo[*inferencepb.ModelConfig]
	listing  memo[listing]
	presence memo[bool]

	mu       sync.Mutex
	counters map[string]*tally.Counter // of the models that were asked, by name
}

// Open returns the server that o describes, under the name of its resource. Nothing is dialled before the first call; TLS files are
// read now. The error joins every fault, each naming its field. Logger gets the changes of endpoints' states; nil: nobody does.
func Open(name string, o clients.Options, logger *slog.Logger) (*Server, error) {
	if err := errors.Join(o.Validate()...); err != nil {
		return nil, err
	}
	if !o.OverHTTP() {
		return nil, fmt.Errorf("targets: %q is not an address of HTTP", o.Targets)
	}
	s := &Server{name: name, options: o.Completed(), counters: map[string]*tally.Counter{}}
	configs, err := s.options.TLS.Configs()
	if err != nil {
		return nil, err
	}
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	s.fleet, err = fleet.Open(name, s.options.Targets, s.options.Policies, &wire{s, configs}, logger)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Name is the name of the resource.
func (s *Server) Name() string { return s.name }

// Names are the models that are exposed by name, not by a pattern.
func (s *Server) Names() []string { return s.options.Names() }

// Model returns the model that the server knows by that name, whether or not it has one; see [Server.Has].
func (s *Server) Model(name string) infer.Model {
	if s.options.Protocol == clients.V1 {
		return &predictor{server: s, name: name}
	}
	return &model{server: s, name: name}
}

// Document returns a model that is called by posting a document to a path of the server, a query behind it or not; nothing else is
// known of it. Source: KServe's router, serviceUrl.
func (s *Server) Document(path string) infer.Model {
	return &predictor{server: s, name: path, path: path}
}

// counter counts the calls of a model. Names are few: those of models that exist.
func (s *Server) counter(model string) *tally.Counter {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.counters[model]
	if c == nil {
		c = &tally.Counter{}
		s.counters[model] = c
	}
	return c
}

// Statistics are what the gateway has counted of the models that were asked; servers over REST are not asked for theirs.
func (s *Server) Statistics(context.Context) ([]*inferencepb.ModelStatistics, error) {
	return s.statistics(), nil
}

func (s *Server) statistics() []*inferencepb.ModelStatistics {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]*inferencepb.ModelStatistics, 0, len(s.counters))
	for name, c := range s.counters {
		all = append(all, c.Statistics(name, firstVersion))
	}
	return all
}

// called are the models that were called of late.
func (s *Server) called() []string { return clients.Called(s.statistics()) }

// firstVersion is what a server has that tells of none.
const firstVersion = "1"

// Administer implements the calls about a server itself: over HTTP there are none.
func (s *Server) Administer(context.Context, string, proto.Message, proto.Message) error {
	return infer.At(s.origin(nil), infer.Errorf(codes.Unimplemented,
		"it is called over HTTP, and the gateway administers servers over gRPC; name its gRPC port in the ModelServer's targets"))
}

// Shutdown waits until no call is in flight, or ctx is done, and closes the connections; calls that come while it waits are still
// served. Calls that the end of ctx cuts off, and those that come later, are UNAVAILABLE. The error is that of ctx when calls were cut off.
func (s *Server) Shutdown(ctx context.Context) error { return s.fleet.Shutdown(ctx) }

// Close closes the connections at once. Closing again does nothing.
func (s *Server) Close() error { return s.fleet.Close() }

// State tells how the server is doing. It does not ask the server.
func (s *Server) State() clients.State {
	return clients.State{State: s.fleet.State(), Connections: s.links.connections()}
}
