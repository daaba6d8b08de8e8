package clients

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer/tally"
)

// maxCounters bounds the versions that are counted apart from their models: some servers answer to any. A server's models need no
// bound, for only those are asked that it has.
const maxCounters = 4096

// counters count the requests to each model of a server, for servers that do not count themselves. The zero value is ready. It is
// safe for concurrent use.
type counters struct {
	mu    sync.RWMutex
	byKey map[modelVersion]*tally.Counter
}

// modelVersion is a version of a model as requests name it; empty: the latest.
type modelVersion struct{ model, version string }

// done counts a request that began at start and ended now. A version is known once it has answered.
func (c *counters) done(m modelVersion, start time.Time, err error) {
	if counter := c.of(m, m.version == "" || err == nil); counter != nil {
		counter.Done(start, err)
	}
}

// of returns the counter of a model, which is made when there is none yet, or nil.
func (c *counters) of(m modelVersion, create bool) *tally.Counter {
	c.mu.RLock()
	counter := c.byKey[m]
	c.mu.RUnlock()
	if counter != nil || !create {
		return counter
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byKey == nil {
		c.byKey = map[modelVersion]*tally.Counter{}
	}
	if counter = c.byKey[m]; counter == nil && (m.version == "" || len(c.byKey) < maxCounters) {
		counter = &tally.Counter{}
		c.byKey[m] = counter
	}
	return counter
}

// report is what was counted of a model, be it nothing.
func (c *counters) report(m modelVersion) *inferencepb.ModelStatistics {
	counter := c.of(m, false)
	if counter == nil {
		counter = &tally.Counter{}
	}
	return counter.Statistics(m.model, m.label())
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
