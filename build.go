package manifold

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/clients"
	"github.com/manifold-serving/manifold/clients/rest"
	"github.com/manifold-serving/manifold/config"
	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/graph"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/tensorjson"
	"github.com/manifold-serving/manifold/internal/nearest"
)

// builder builds a generation from resources.
type builder struct {
	gateway   *Gateway
	resources *config.Resources
	next      *generation
	previous  *generation // nil at the start
}

// build returns the generation that resources describe. Embedded models that cannot be loaded do not keep the others from serving at
// the start; when a configuration is in force already, they keep it in force.
func (g *Gateway) build(ctx context.Context, resources *config.Resources, previous *generation) (*generation, error) {
	b := &builder{g, resources, &generation{named: map[string]*resident{}, upstreams: map[string]upstream{}}, previous}
	for _, w := range resources.Warnings {
		b.warn(w.Error())
	}
	for _, add := range []func(context.Context) error{b.addServers, b.checkExtensions, b.addServices, b.addGraphs} {
		if err := add(ctx); err != nil {
			b.next.discard()
			return nil, err
		}
	}
	return b.next, nil
}

// add gives a model a name. A resource that was there before keeps its age.
func (b *builder) add(name string, k kind, m infer.Model) {
	b.put(name, &resident{Model: m, kind: k, since: time.Now()})
}

func (b *builder) put(name string, r *resident) {
	if b.previous != nil {
		if old, ok := b.previous.named[name]; ok && old.kind == r.kind {
			r.since = old.since
		}
	}
	b.next.named[name] = r
}

func (b *builder) warn(warning string) { b.next.warnings = append(b.next.warnings, warning) }

func (b *builder) addServers(context.Context) error {
	for _, r := range b.resources.ModelServers {
		s, err := b.server(r.Metadata.Name, r.Spec) //nolint:contextcheck // a server outlives the build
		if err != nil {
			return fmt.Errorf("%s: ModelServer %s: %w", r.Source, r.Metadata.Name, err)
		}
		b.next.order = append(b.next.order, s)
		b.next.upstreams[r.Metadata.Name] = s
		b.next.call(r.Metadata.Name, s)
		if len(s.Names()) < max(1, len(r.Spec.Models)) { // not all are names: some are patterns, as is none at all
			b.next.servers = append(b.next.servers, s)
		}
		for _, model := range s.Names() {
			if _, taken := b.next.named[model]; !taken {
				b.put(model, &resident{s.Model(model), kindModel, time.Now(), s})
			}
		}
	}
	return nil
}

// server opens a server, or takes over the one that is open already.
func (b *builder) server(name string, o clients.Options) (upstream, error) {
	key, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	s, release, err := hold(&b.gateway.workshop, "server "+name+string(key), func() (upstream, func(), error) {
		s, err := b.open(name, o)
		return s, func() { b.gateway.shut(s) }, err
	})
	if err != nil {
		return nil, err
	}
	b.next.release = append(b.next.release, release)
	return s, nil
}

func (b *builder) addServices(ctx context.Context) error {
	for _, r := range b.resources.InferenceServices {
		if r.Target == nil {
			continue
		}
		m, err := b.remote(*r.Target, cmp.Or(r.Target.Model, r.Metadata.Name)) //nolint:contextcheck // a server outlives the build
		if err != nil {
			return fmt.Errorf("%s: InferenceService %s: %w", r.Source, r.Metadata.Name, err)
		}
		b.add(r.Metadata.Name, kindService, renamed{m, r.Metadata.Name})
	}
	return b.addEmbedded(ctx)
}

// remote is a model of the server at an address; all models there share its connections.
func (b *builder) remote(t config.Target, model string) (infer.Model, error) {
	s, err := b.at(t)
	if err != nil {
		return nil, err
	}
	return s.Model(model), nil
}

// at is the server at an address.
func (b *builder) at(t config.Target) (upstream, error) {
	o := clients.Options{Targets: []string{t.Address}, Protocol: t.Protocol}
	switch {
	case t.Protocol == "" && t.TLS:
		o.TLS = &clients.TLS{}
	case t.Protocol != "" && t.TLS:
		o.Targets[0] = "https://" + t.Address
	case t.Protocol != "":
		o.Targets[0] = "http://" + t.Address
	}
	s, err := b.server(t.Address, o)
	if err == nil {
		b.next.call(labelOf(t), s)
	}
	return s, err
}

func (b *builder) addGraphs(context.Context) error {
	specs := map[string]graph.Spec{}
	for _, r := range b.resources.InferenceGraphs {
		specs[r.Metadata.Name] = r.Spec
	}
	plans, err := graph.Compile(specs, graph.Options{
		Resolver: resolver{b}, View: tensorjson.View, Observer: b.gateway.observer, Previous: b.previousPlans(),
	})
	if err != nil {
		return b.resources.Locate(err)
	}
	for _, name := range slices.Sorted(maps.Keys(plans)) {
		p := plans[name]
		b.add(name, kindGraph, p)
		for _, warning := range p.Warnings() {
			b.warn(warning)
		}
	}
	return nil
}

// previousPlans are the graphs in force.
func (b *builder) previousPlans() map[string]*graph.Plan {
	plans := map[string]*graph.Plan{}
	if b.previous != nil {
		for name, r := range b.previous.named {
			if p, ok := r.Model.(*graph.Plan); ok {
				plans[name] = p
			}
		}
	}
	return plans
}

// resolver tells graphs what their targets stand for.
type resolver struct{ *builder }

var _ graph.Resolver = resolver{}

// Resolve implements [graph.Resolver].
func (r resolver) Resolve(t graph.Target) (infer.Handler, error) {
	if t.URL != "" {
		return r.resolveURL(t.URL)
	}
	if m, ok := r.next.named[t.Service]; ok {
		return inBothForms(m), nil
	}
	if len(r.next.servers) > 0 { // one of them may have it, now or later
		return late{r.next, t.Service}, nil
	}
	return nil, fmt.Errorf("service %q is not known%s: define an InferenceService of that name, or a ModelServer that has the model",
		t.Service, nearest.Suggest(t.Service, r.next.names()))
}

func (r resolver) resolveURL(text string) (infer.Handler, error) {
	e, err := parseServiceURL(text)
	if err != nil {
		return nil, err
	}
	s, err := r.at(e.Target)
	if err != nil {
		return nil, err
	}
	if e.path != "" {
		return s.(*rest.Server).Document(e.path), nil
	}
	m, err := atVersion(s.Model(e.Model), e.version)
	return inBothForms(m), err
}

// late is a model that is looked for when it is called, because servers are asked for their models, not told.
type late struct {
	from *generation
	name string
}

var _ infer.Model = late{}

// Infer implements [infer.Handler].
func (l late) Infer(ctx context.Context, req *infer.Request) (*infer.Response, error) {
	m, err := l.from.find(ctx, l.name)
	if err != nil {
		return nil, err
	}
	return inBothForms(m).Infer(ctx, req)
}

// Stream implements [infer.Streamer].
func (l late) Stream(ctx context.Context, req *infer.Request, yield func(infer.Reply) error) error {
	m, err := l.from.find(ctx, l.name)
	if err != nil {
		return err
	}
	return inBothForms(m).Stream(ctx, req, yield)
}

// Config implements [infer.Configurer].
func (l late) Config(ctx context.Context) (*inferencepb.ModelConfig, error) {
	m, err := l.from.find(ctx, l.name)
	if err != nil {
		return nil, err
	}
	return m.Config(ctx)
}

// Statistics implements [infer.Reporter].
func (l late) Statistics(ctx context.Context) ([]*inferencepb.ModelStatistics, error) {
	m, err := l.from.find(ctx, l.name)
	if err != nil {
		return nil, err
	}
	return m.Statistics(ctx)
}

// Metadata implements [infer.Describer].
func (l late) Metadata(ctx context.Context) (*infer.Metadata, error) {
	m, err := l.from.find(ctx, l.name)
	if err != nil {
		return nil, err
	}
	return m.Metadata(ctx)
}

// Ready implements [infer.Prober].
func (l late) Ready(ctx context.Context) error {
	m, err := l.from.find(ctx, l.name)
	if err != nil {
		return infer.Errorf(codes.Unavailable, "model %q: %w", l.name, err)
	}
	return m.Ready(ctx)
}
