package fleet

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// maxModels is how many models are asked after at an endpoint: a server has seldom as many in use, and names may be a client's
	// invention.
	maxModels = 64

	// memory is how long after a call a model, or a server, counts as in use.
	memory = time.Minute
)

// recent knows the models that were called of late. It is safe for concurrent use, and costs a call no lock and no look at the clock.
type recent struct {
	seen atomic.Pointer[map[string]*mention] // never changed, but replaced

	mu sync.Mutex // held by who replaces it
}

// mention is when a model was called.
type mention struct {
	called atomic.Bool // since the last look
	last   time.Time   // guarded by recent's lock
}

// note tells that a model is called.
func (r *recent) note(model string) {
	if seen := r.seen.Load(); seen != nil {
		if m := (*seen)[model]; m != nil {
			if !m.called.Load() {
				m.called.Store(true)
			}
			return
		}
	}
	r.add(model)
}

func (r *recent) add(model string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	seen := r.copied()
	if seen[model] == nil && len(seen) >= maxModels && !forget(seen) {
		return
	}
	m := &mention{last: time.Now()}
	m.called.Store(true)
	seen[model] = m
	r.seen.Store(&seen)
}

func (r *recent) copied() map[string]*mention {
	if seen := r.seen.Load(); seen != nil {
		return maps.Clone(*seen)
	}
	return map[string]*mention{}
}

// forget makes room by the model that was not called for longest; there is none when all are called all the time.
func forget(seen map[string]*mention) bool {
	oldest := ""
	var last time.Time
	for model, m := range seen {
		if !m.called.Load() && (last.IsZero() || m.last.Before(last)) {
			oldest, last = model, m.last
		}
	}
	if last.IsZero() {
		return false
	}
	delete(seen, oldest)
	return true
}

// models are those that were called within memory; idle tells that nothing was. To be asked now and then: the time of a call counts as
// that of the next look.
func (r *recent) models() (models []string, idle bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	seen := r.copied()
	for model, m := range seen {
		if m.called.Swap(false) {
			m.last = time.Now()
		}
		if time.Since(m.last) > memory {
			delete(seen, model)
		} else if model != "" {
			models = append(models, model)
		}
	}
	r.seen.Store(&seen)
	slices.Sort(models)
	return models, len(seen) == 0
}
