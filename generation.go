package manifold

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/infer"
)

// generation is one configuration in force: every name, and what stands behind it. It never changes; a reload builds the next one.
type generation struct {
	named     map[string]*resident
	servers   []upstream          // that expose models by pattern, in the order of their resources
	order     []upstream          // all ModelServers, in that order
	upstreams map[string]upstream // the same, by name
	called    []called            // all model servers, those of InferenceServices and serviceUrls included
	warnings  []string            // of what its resources do otherwise than their author may think
	release   []func()            // gives the parts back

	use     sync.RWMutex // held for reading while a request runs; retiring waits for them
	retired bool
}

// resident is what a name stands for.
type resident struct {
	infer.Model
	kind   kind
	since  time.Time
	server upstream // whose model it is; nil unless it is of kindModel
}

// kind is the plural of a resource's kind, as `manifold get` takes it.
type kind string

const (
	kindGraph   kind = "inferencegraphs"
	kindService kind = "inferenceservices"
	kindModel   kind = "models"
)

// find returns what a name stands for: a resource, or a model that a server turns out to have.
func (g *generation) find(ctx context.Context, name string) (infer.Model, error) {
	if m, ok := g.named[name]; ok {
		return m, nil
	}
	var unsure error
	for _, s := range g.servers {
		has, err := s.Has(ctx, name)
		if has {
			return s.Model(name), nil
		}
		if err != nil && unsure == nil {
			unsure = err
		}
	}
	if unsure != nil { // a server that does not answer may well have it
		return nil, unsure
	}
	return nil, infer.Errorf(codes.NotFound, "Request for unknown model: '%s' is not found", name)
}

// names are all that are known without asking a server.
func (g *generation) names() []string { return slices.Sorted(maps.Keys(g.named)) }

// enter keeps the generation from being retired until it is left with use.RUnlock; false when that has begun.
func (g *generation) enter() bool {
	if !g.use.TryRLock() {
		return false
	}
	if g.retired {
		g.use.RUnlock()
		return false
	}
	return true
}

// retire gives the parts back when the last request has left; none can enter from now on.
func (g *generation) retire() {
	g.use.Lock()
	g.retired = true
	g.use.Unlock()
	g.discard()
}

// discard gives the parts of a generation back that nobody is in.
func (g *generation) discard() {
	for _, release := range slices.Backward(g.release) {
		release()
	}
	g.release = nil
}
