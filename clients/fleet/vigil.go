package fleet

import (
	"context"
	"sync"
	"time"

	"github.com/manifold-serving/manifold/clients/balance"
)

const (
	// vigilInterval is how often an endpoint that stalled is asked whether it answers again, give or take a fifth, and how long it may take.
	vigilInterval = time.Second

	// hopeless is how long an endpoint is silent before its connections are made anew.
	hopeless = 10 * time.Second
)

// vigils ask endpoints that were ejected for stalling whether they answer again. It is safe for concurrent use.
type vigils[L balance.Link] struct {
	transport  Transport[L]
	background *background
	models     *recent
	back       func(*balance.Endpoint[L]) // is told of one that answers again

	mu   sync.Mutex
	held map[*balance.Endpoint[L]]chan struct{} // closed when the vigil is over
}

// hold begins a vigil at an endpoint, unless there is one.
func (v *vigils[L]) hold(e *balance.Endpoint[L]) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.held[e] != nil {
		return
	}
	over := make(chan struct{})
	if v.background.start(func(ctx context.Context) { v.watch(ctx, e, over) }) {
		v.held[e] = over
	}
}

// end ends the vigil at an endpoint, if there is one.
func (v *vigils[L]) end(e *balance.Endpoint[L]) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if over := v.held[e]; over != nil {
		close(over)
		delete(v.held, e)
	}
}

// holds reports whether there is a vigil at an endpoint.
func (v *vigils[L]) holds(e *balance.Endpoint[L]) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.held[e] != nil
}

// watch asks until the vigil is over, or nobody calls the server any more.
func (v *vigils[L]) watch(ctx context.Context, e *balance.Endpoint[L], over <-chan struct{}) {
	var silent time.Time // since when; zero: it answers
	for {
		select {
		case <-over:
			return
		default:
		}
		if _, idle := v.models.models(); idle {
			v.end(e)
			return
		}
		switch answers := v.ask(ctx, e); {
		case answers && !silent.IsZero():
			silent = time.Time{}
			v.back(e)
		case !answers && silent.IsZero():
			silent = time.Now()
		case !answers && time.Since(silent) >= hopeless:
			reset(e.Link)
			silent = time.Now()
		}
		if !wait(ctx, jittered(vigilInterval), over) {
			return
		}
	}
}

func (v *vigils[L]) ask(ctx context.Context, e *balance.Endpoint[L]) bool {
	ctx, cancel := context.WithTimeout(ctx, vigilInterval)
	defer cancel()
	return v.transport.Live(ctx, e.Link) == nil
}

func reset[L balance.Link](link L) {
	if r, ok := any(link).(Resetter); ok {
		r.Reset()
	}
}
