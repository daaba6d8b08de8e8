package manifold

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"google.golang.org/grpc"

	"github.com/manifold-serving/manifold/config"
	"github.com/manifold-serving/manifold/modelserver"
	"github.com/manifold-serving/manifold/server"
)

// Options are optional collaborators of a [Gateway], and what the command line sets.
type Options struct {
	Logger    *slog.Logger            // nil discards
	Tracing   *Tracing                // nil: off
	Listeners server.Listeners        // those that are not empty replace the Gateway resource's
	Progress  func(modelserver.Event) // told what happens while models load; nil: nobody is
	Started   time.Time               // zero: now
}

// Gateway serves resources. It is safe for concurrent use.
type Gateway struct {
	options     Options
	logger      *slog.Logger
	catalog     catalog
	reloading   sync.Mutex // one reload at a time
	workshop    workshop
	observer    *stepObserver
	dialOptions []grpc.DialOption
	server      *server.Server
	edges       server.Options // as the first resources have them
	checking    bool           // nothing will be served
}

// New builds the gateway that resources describe. It loads the models that are embedded, and dials nobody. The error lists all faults.
func New(ctx context.Context, resources *config.Resources, o Options) (*Gateway, error) {
	g, registry, err := assemble(o)
	if err != nil {
		return nil, err
	}
	first, err := g.build(ctx, resources, nil)
	if err != nil {
		return nil, err
	}
	g.catalog.current.Store(first)
	g.edges = edgesOf(resources, o.Listeners)
	g.server, err = server.New(&g.catalog, g.edges, server.Deps{ //nolint:contextcheck // the edges have contexts of their own
		Logger:        g.logger,
		Registry:      registry,
		Version:       Version(),
		ServerOptions: o.Tracing.serverOptions(),
		HTTP:          o.Tracing.middleware(),
		Admin:         g.listing(),
	})
	if err != nil {
		first.retire()
		return nil, err
	}
	return g, nil
}

// assemble makes a gateway without resources.
func assemble(o Options) (*Gateway, *prometheus.Registry, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	g := &Gateway{options: o, logger: o.Logger}
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	var err error
	g.observer, err = newStepObserver(registry, o.Tracing.tracer())
	registry.MustRegister(newUpstreamCollector(g.catalog.listUpstreams))
	g.dialOptions = o.Tracing.dialOptions()
	return g, registry, err
}

// Check tells what [New] would find wrong with resources, without loading a model or calling a server, and what it would warn of.
func Check(ctx context.Context, resources *config.Resources) (warnings []string, err error) {
	g, _, err := assemble(Options{})
	if err != nil {
		return nil, err
	}
	g.checking = true
	checked, err := g.build(ctx, resources, nil)
	if err != nil {
		return nil, err
	}
	checked.retire()
	return checked.warnings, nil
}

// Listen binds the listeners.
func (g *Gateway) Listen(ctx context.Context) error { return g.server.Listen(ctx) }

// Addresses are where the listeners are bound.
func (g *Gateway) Addresses() server.Listeners { return g.server.Addresses() }

// Warnings are what the resources in force do otherwise than their author may think.
func (g *Gateway) Warnings() []string { return g.catalog.current.Load().warnings }

// Serve serves until ctx is done and the calls in flight have ended, then closes everything. Listen comes first.
func (g *Gateway) Serve(ctx context.Context) error {
	err := g.server.Serve(ctx)
	g.catalog.current.Load().discard() // nobody can come any more
	return err
}

// Reload puts resources in force without dropping a request. When they have faults, or an embedded model does not load, the error
// says so and the configuration in force stays. Listeners and limits stay in any case.
func (g *Gateway) Reload(ctx context.Context, resources *config.Resources) error {
	g.reloading.Lock()
	defer g.reloading.Unlock()
	previous := g.catalog.current.Load()
	next, err := g.build(ctx, resources, previous)
	if err != nil {
		return err
	}
	if edges := edgesOf(resources, g.options.Listeners); edges != g.edges {
		g.logger.WarnContext(ctx, "listeners and limits of the Gateway resource take effect at the next start")
	}
	for _, warning := range next.warnings {
		g.logger.WarnContext(ctx, warning)
	}
	g.catalog.current.Store(next)
	go previous.retire() // waits for its requests, each of which has a deadline
	return nil
}

// edgesOf are the edges' options: the Gateway resource's, and over them the command line's.
func edgesOf(resources *config.Resources, over server.Listeners) server.Options {
	var o server.Options
	if resources.Gateway != nil {
		o = resources.Gateway.Spec
	}
	for _, l := range []struct {
		to   *string
		from string
	}{{&o.REST, over.REST}, {&o.GRPC, over.GRPC}, {&o.Admin, over.Admin}} {
		if l.from != "" {
			*l.to = l.from
		}
	}
	return o
}

// shutdownWait is how long a server that no configuration names any more may finish its calls.
const shutdownWait = 30 * time.Second

func (g *Gateway) shut(s upstream) {
	ctx, cancel := context.WithTimeout(context.Background(), shutdownWait)
	defer cancel()
	if err := s.Shutdown(ctx); err != nil {
		g.logger.Warn("upstream was closed under calls in flight", "upstream", s.Name(), "error", err)
	}
}
