package manifold

import (
	"context"
	"sync/atomic"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/clients"
	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/server"
)

// catalog is what the edges see of the generation in force.
type catalog struct{ current atomic.Pointer[generation] }

var _ server.Catalog = (*catalog)(nil)

// versioned is a model that tells its versions apart.
type versioned interface {
	Version(version string) (infer.Model, error)
}

// Model implements [server.Catalog]. What it returns keeps answering when the configuration changes under it: a request runs to
// its end in the generation that it began in, and a request that begins later finds the model anew.
func (c *catalog) Model(ctx context.Context, name, version string) (infer.Model, error) {
	g := c.enter()
	defer g.use.RUnlock()
	m, err := g.find(ctx, name)
	if err != nil {
		return nil, err
	}
	if version != "" {
		if m, err = pick(m, name, version); err != nil {
			return nil, err
		}
	}
	return lease{c, g, m, name, version}, nil
}

// enter enters the generation in force; one that is being retired has been replaced already.
func (c *catalog) enter() *generation {
	for {
		if g := c.current.Load(); g.enter() {
			return g
		}
	}
}

// pick is a version of m, checked where the model knows its own; otherwise its server does. A graph has version 1 alone.
func pick(m infer.Model, name, version string) (infer.Model, error) {
	if r, named := m.(*resident); named {
		if r.kind == kindGraph && version != "1" {
			return nil, infer.Errorf(codes.NotFound, "graph %q has version 1 alone, not %q", name, version)
		}
		m = r.Model
	}
	return atVersion(m, version)
}

// Server implements [server.Catalog].
func (c *catalog) Server(name string) (server.Administrator, error) {
	g := c.enter()
	defer g.use.RUnlock()
	if s, ok := g.upstreams[name]; ok {
		return s, nil
	}
	return nil, infer.Errorf(codes.NotFound, "there is no ModelServer %q", name)
}

// Hosts implements [server.Catalog].
func (c *catalog) Hosts(ctx context.Context, name, model string) bool {
	g := c.enter()
	defer g.use.RUnlock()
	m, err := g.find(ctx, model)
	if err != nil {
		return false
	}
	var host upstream
	switch m := m.(type) {
	case *resident:
		host = m.server
	case *clients.Upstream:
		host = overGRPC{m.Server()}
	}
	return host != nil && host == g.upstreams[name]
}

// Ready implements [server.Catalog]: the gateway can route as soon as it has a configuration.
func (c *catalog) Ready(context.Context) error {
	if c.current.Load() == nil {
		return infer.Errorf(codes.Unavailable, "no configuration is in force yet")
	}
	return nil
}

// lease is a model of a generation that may be replaced at any time.
type lease struct {
	catalog *catalog
	from    *generation
	model   infer.Model
	name    string
	version string
}

var _ infer.Model = lease{}

// Infer implements [infer.Handler].
func (l lease) Infer(ctx context.Context, req *infer.Request) (*infer.Response, error) {
	l, err := l.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer l.leave()
	return l.model.Infer(ctx, req)
}

// Stream implements [infer.Streamer].
func (l lease) Stream(ctx context.Context, req *infer.Request, yield func(infer.Reply) error) error {
	l, err := l.enter(ctx)
	if err != nil {
		return err
	}
	defer l.leave()
	return l.model.Stream(ctx, req, yield)
}

// Metadata implements [infer.Describer].
func (l lease) Metadata(ctx context.Context) (*infer.Metadata, error) {
	l, err := l.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer l.leave()
	return l.model.Metadata(ctx)
}

// Config implements [infer.Configurer].
func (l lease) Config(ctx context.Context) (*inferencepb.ModelConfig, error) {
	l, err := l.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer l.leave()
	return l.model.Config(ctx)
}

// Statistics implements [infer.Reporter].
func (l lease) Statistics(ctx context.Context) ([]*inferencepb.ModelStatistics, error) {
	l, err := l.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer l.leave()
	return l.model.Statistics(ctx)
}

// Ready implements [infer.Prober].
func (l lease) Ready(ctx context.Context) error {
	l, err := l.enter(ctx)
	if err != nil {
		return err
	}
	defer l.leave()
	return l.model.Ready(ctx)
}

// enter keeps the generation from being retired until it is left. When that has already begun, the model is looked up again.
func (l lease) enter(ctx context.Context) (lease, error) {
	for !l.from.enter() {
		again, err := l.catalog.Model(ctx, l.name, l.version)
		if err != nil {
			return l, err
		}
		l = again.(lease)
	}
	return l, nil
}

func (l lease) leave() { l.from.use.RUnlock() }
