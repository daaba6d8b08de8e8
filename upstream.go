package manifold

import (
	"context"

	"github.com/manifold-serving/manifold/clients"
	"github.com/manifold-serving/manifold/clients/rest"
	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/server"
)

// upstream is a model server, whatever it is reached over.
type upstream interface {
	server.Administrator
	Name() string
	Names() []string
	Has(ctx context.Context, model string) (bool, error)
	Model(name string) infer.Model
	Index(ctx context.Context) ([]clients.IndexEntry, error)
	Statistics(ctx context.Context) ([]*inferencepb.ModelStatistics, error)
	State() clients.State
	Shutdown(ctx context.Context) error
}

var (
	_ upstream = overGRPC{}
	_ upstream = (*rest.Server)(nil)
)

// overGRPC is a server over gRPC.
type overGRPC struct{ *clients.Server }

// Model implements upstream.
func (s overGRPC) Model(name string) infer.Model { return s.Server.Model(name) }

// open opens a server over what its targets name.
func (b *builder) open(name string, o clients.Options) (upstream, error) {
	if o.OverHTTP() {
		return rest.Open(name, o, b.gateway.logger)
	}
	s, err := clients.Open(name, o, clients.WithLogger(b.gateway.logger), clients.WithDialOptions(b.gateway.dialOptions...))
	return overGRPC{s}, err
}
