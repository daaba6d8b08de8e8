package manifold

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/manifold-serving/manifold/clients"
	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/server"
)

// atOnce bounds how many models or servers are asked about themselves at a time.
const atOnce = 32

// The states of a model in an index. Source: Triton's model repository extension.
const (
	stateReady       = "READY"
	stateUnavailable = "UNAVAILABLE"
)

var _ server.Administrator = (*clients.Server)(nil)

type indexEntry = inferencepb.RepositoryIndexResponse_ModelIndex

// Index implements [server.Catalog]: what the resources name, asked whether it is ready, and what servers list. A name that a
// resource has hides the servers' models of that name, as it does for requests.
func (c *catalog) Index(ctx context.Context) ([]*indexEntry, error) {
	g := c.enter()
	defer g.use.RUnlock()
	index := g.listed(ctx)
	for _, name := range g.names() {
		if !slices.ContainsFunc(index[name], func(e *indexEntry) bool { return e.GetState() != "" }) {
			index[name] = nil // to be asked
		}
	}
	var mu sync.Mutex
	var probes errgroup.Group
	probes.SetLimit(atOnce)
	for _, name := range g.names() {
		if g.named[name].kind == kindModel && index[name] != nil {
			continue // its server has told
		}
		probes.Go(func() error {
			entry := probed(ctx, name, g.named[name])
			mu.Lock()
			defer mu.Unlock()
			index[name] = []*indexEntry{entry}
			return nil
		})
	}
	_ = probes.Wait() // a probe's failure is in its entry
	return flat(index), nil
}

// listed are the indexes of all servers together; of two with one model the first counts. A server that cannot list still serves.
func (g *generation) listed(ctx context.Context) map[string][]*indexEntry {
	indexes := make([][]clients.IndexEntry, len(g.order))
	var asks errgroup.Group
	asks.SetLimit(atOnce)
	for i, s := range g.order {
		asks.Go(func() error {
			indexes[i], _ = s.Index(ctx)
			return nil
		})
	}
	_ = asks.Wait()
	all := map[string][]*indexEntry{}
	for _, index := range indexes {
		own := map[string][]*indexEntry{}
		for _, e := range index {
			own[e.Name] = append(own[e.Name], &indexEntry{Name: e.Name, Version: e.Version, State: e.State, Reason: e.Reason})
		}
		maps.DeleteFunc(own, func(name string, _ []*indexEntry) bool { return all[name] != nil })
		maps.Copy(all, own)
	}
	return all
}

func probed(ctx context.Context, name string, m infer.Model) *indexEntry {
	entry := &indexEntry{Name: name, State: stateReady}
	if err := m.Ready(ctx); err != nil {
		entry.State, entry.Reason = stateUnavailable, err.Error()
	} else if described, err := m.Metadata(ctx); err == nil && len(described.Versions) > 0 {
		entry.Version = described.Versions[len(described.Versions)-1]
	}
	return entry
}

func flat(index map[string][]*indexEntry) []*indexEntry {
	var all []*indexEntry
	for _, name := range slices.Sorted(maps.Keys(index)) {
		slices.SortStableFunc(index[name], func(a, b *indexEntry) int { return cmp.Compare(a.GetVersion(), b.GetVersion()) })
		all = append(all, index[name]...)
	}
	return all
}

// Statistics implements [server.Catalog]: those of all servers, and of what this process runs itself. Models whose server cannot be
// asked are left out.
func (c *catalog) Statistics(ctx context.Context) ([]*inferencepb.ModelStatistics, error) {
	g := c.enter()
	defer g.use.RUnlock()
	names := g.names()
	answers := make([][]*inferencepb.ModelStatistics, len(names)+len(g.order))
	var asks errgroup.Group
	asks.SetLimit(atOnce)
	for i, name := range names {
		asks.Go(func() error {
			answers[i], _ = g.named[name].Statistics(ctx)
			return nil
		})
	}
	for i, s := range g.order {
		asks.Go(func() error {
			answers[len(names)+i], _ = s.Statistics(ctx)
			return nil
		})
	}
	_ = asks.Wait()
	return distinct(slices.Concat(answers...)), ctx.Err()
}

// distinct keeps the first of each model and version.
func distinct(all []*inferencepb.ModelStatistics) []*inferencepb.ModelStatistics {
	type version struct{ name, version string }
	seen := map[version]bool{}
	all = slices.DeleteFunc(all, func(s *inferencepb.ModelStatistics) bool {
		v := version{s.GetName(), s.GetVersion()}
		known := seen[v]
		seen[v] = true
		return known
	})
	slices.SortStableFunc(all, func(a, b *inferencepb.ModelStatistics) int {
		return cmp.Or(cmp.Compare(a.GetName(), b.GetName()), cmp.Compare(a.GetVersion(), b.GetVersion()))
	})
	return all
}

// modelNames are the names in the index, without asking whether they are ready.
func (c *catalog) modelNames(ctx context.Context) []string {
	g := c.enter()
	defer g.use.RUnlock()
	names := append(g.names(), slices.Collect(maps.Keys(g.listed(ctx)))...)
	slices.Sort(names)
	return slices.Compact(names)
}
