package manifold

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"

	"golang.org/x/sync/errgroup"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

// atOnce bounds how many models or servers are asked about themselves at a time.
const atOnce = 32

// The states of a model in an index. Source: Triton's model repository extension.
const (
	stateReady       = "READY"
	stateUnavailable = "UNAVAILABLE"
)

type indexEntry = inferencepb.RepositoryIndexResponse_ModelIndex

// Index implements [server.Catalog]: what the resources name, asked whether it is ready, and what servers list. A name that a
// resource has hides the servers' models of that name, as it does for requests.
func (c *catalog) Index(ctx context.Context) ([]*indexEntry, error) {
	g := c.enter()
	defer g.use.RUnlock()
	index := map[string][]*indexEntry{}
	for _, e := range g.listed(ctx) {
		index[e.GetName()] = append(index[e.GetName()], e)
	}
	untold := slices.DeleteFunc(g.names(), func(name string) bool {
		return slices.ContainsFunc(index[name], func(e *indexEntry) bool { return e.GetState() != "" })
	})
	entries := make([]*indexEntry, len(untold))
	var probes errgroup.Group
	probes.SetLimit(atOnce)
	for i, name := range untold {
		probes.Go(func() error {
			entries[i] = probed(ctx, name, g.named[name])
			return nil
		})
	}
	_ = probes.Wait() // a probe's failure is in its entry
	for i, name := range untold {
		index[name] = entries[i : i+1]
	}
	all := slices.Concat(slices.Collect(maps.Values(index))...)
	slices.SortStableFunc(all, func(a, b *indexEntry) int {
		return cmp.Or(cmp.Compare(a.GetName(), b.GetName()), compareVersions(a.GetVersion(), b.GetVersion()))
	})
	return all, ctx.Err()
}

// listed are the indexes of all servers, as far as requests go to what they list. A server that cannot list still serves.
func (g *generation) listed(ctx context.Context) []*indexEntry {
	return reached(g, func(s upstream) (entries []*indexEntry) {
		index, _ := s.Index(ctx)
		for _, e := range index {
			entries = append(entries, &indexEntry{Name: e.Name, Version: e.Version, State: e.State, Reason: e.Reason})
		}
		return entries
	})
}

// reached is what the servers tell of the models that requests get to: what a resource names is its own server's alone, and of other
// models that several servers have it is the first server's.
func reached[T interface{ GetName() string }](g *generation, ask func(upstream) []T) []T {
	answers := make([][]T, len(g.order))
	var asks errgroup.Group
	asks.SetLimit(atOnce)
	for i, s := range g.order {
		asks.Go(func() error {
			answers[i] = ask(s)
			return nil
		})
	}
	_ = asks.Wait() // asks give no errors
	owner := map[string]upstream{}
	for name, r := range g.named {
		owner[name] = r.server
	}
	var all []T
	for i, s := range g.order {
		for _, of := range answers[i] {
			first, owned := owner[of.GetName()]
			if !owned {
				owner[of.GetName()] = s
			}
			if !owned || first == s {
				all = append(all, of)
			}
		}
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

// compareVersions orders numbers by size, before other texts.
func compareVersions(a, b string) int {
	x, xErr := strconv.ParseUint(a, 10, 64)
	y, yErr := strconv.ParseUint(b, 10, 64)
	switch {
	case xErr == nil && yErr == nil:
		return cmp.Compare(x, y)
	case xErr == nil:
		return -1
	case yErr == nil:
		return 1
	}
	return cmp.Compare(a, b)
}

// Statistics implements [server.Catalog]: those of all servers, as far as requests go to their models, and of graphs and what else
// has a name of its own here. Models whose server cannot be asked are left out.
func (c *catalog) Statistics(ctx context.Context) ([]*inferencepb.ModelStatistics, error) {
	g := c.enter()
	defer g.use.RUnlock()
	names := g.names()
	own := make([][]*inferencepb.ModelStatistics, len(names))
	var asks errgroup.Group
	asks.SetLimit(atOnce)
	for i, name := range names {
		if r := g.named[name]; r.server == nil { // servers tell of theirs
			asks.Go(func() error {
				own[i], _ = r.Statistics(ctx)
				return nil
			})
		}
	}
	all := reached(g, func(s upstream) []*inferencepb.ModelStatistics {
		told, _ := s.Statistics(ctx)
		return told
	})
	_ = asks.Wait() // asks give no errors
	all = append(all, slices.Concat(own...)...)
	slices.SortStableFunc(all, func(a, b *inferencepb.ModelStatistics) int {
		return cmp.Or(cmp.Compare(a.GetName(), b.GetName()), compareVersions(a.GetVersion(), b.GetVersion()))
	})
	return all, ctx.Err()
}

// modelNames are the names in the index, without asking whether they are ready.
func (c *catalog) modelNames(ctx context.Context) []string {
	g := c.enter()
	defer g.use.RUnlock()
	names := g.names()
	for _, e := range g.listed(ctx) {
		names = append(names, e.GetName())
	}
	slices.Sort(names)
	return slices.Compact(names)
}
