package clients

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer/tally"
)

// maxCounters bounds the models that are counted; names come from clients.
const maxCounters = 4096

// counters count the requests to each model of a server, for servers that do not count themselves. The zero value is ready. It is
// safe for concurrent use.
type counters struct {
	mu    sync.RWMutex
	byKey map[modelVersion]*tally.Counter
}

// modelVersion is a version of a model as requests name it; empty: the latest.
type modelVersion struct{ model, version string }

// of returns the counter of a model, the same each time. Beyond the bound a new model's counts are lost.
func (c *counters) of(m modelVersion) *tally.Counter {
	c.mu.RLock()
	counter, ok := c.byKey[m]
	c.mu.RUnlock()
	if ok {
		return counter
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if counter, ok := c.byKey[m]; ok {
		return counter
	}
	counter = &tally.Counter{}
	if c.byKey == nil {
		c.byKey = map[modelVersion]*tally.Counter{}
	}
	if len(c.byKey) < maxCounters {
		c.byKey[m] = counter
	}
	return counter
}

// statistics are those of every model that was asked, sorted by name and version.
func (c *counters) statistics() []*inferencepb.ModelStatistics {
	c.mu.RLock()
	counted := maps.Clone(c.byKey)
	c.mu.RUnlock()
	keys := slices.SortedFunc(maps.Keys(counted), func(a, b modelVersion) int {
		return strings.Compare(a.model+"\x00"+a.version, b.model+"\x00"+b.version)
	})
	all := make([]*inferencepb.ModelStatistics, len(keys))
	for i, key := range keys {
		all[i] = counted[key].Statistics(key.model, key.label())
	}
	return all
}

// label is the version in statistics, where perf_analyzer reads a number.
func (m modelVersion) label() string {
	if m.version == "" {
		return "1"
	}
	return m.version
}
