package fleet

import (
	"context"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/clients/balance"
	"github.com/manifold-serving/manifold/infer"
)

// maxQuestions is how many questions of health an endpoint has at a time.
const maxQuestions = 4

// health asks every endpoint whether the models in use are ready there. It begins with a call, and ends when there have been none for a
// while. It is safe for concurrent use.
type health[L balance.Link] struct {
	options    Health // complete
	set        *balance.Set[L]
	transport  Transport[L]
	background *background
	models     *recent

	awake  atomic.Bool
	hurry  chan struct{} // somebody is urgent
	mu     sync.Mutex
	urgent map[*balance.Endpoint[L]]bool // to be asked now
	vetoes map[*balance.Endpoint[L]]map[string]bool
}

func newHealth[L balance.Link](o Health, set *balance.Set[L], t Transport[L], b *background, models *recent) *health[L] {
	return &health[L]{
		options: o, set: set, transport: t, background: b, models: models, hurry: make(chan struct{}, 1),
		urgent: map[*balance.Endpoint[L]]bool{}, vetoes: map[*balance.Endpoint[L]]map[string]bool{},
	}
}

// called has endpoints asked from now on.
func (h *health[L]) called() {
	if h.options.Disabled || h.awake.Load() || !h.awake.CompareAndSwap(false, true) {
		return
	}
	h.background.start(h.run)
}

// ask has an endpoint asked soon.
func (h *health[L]) ask(e *balance.Endpoint[L]) {
	if h.options.Disabled {
		return
	}
	h.mu.Lock()
	h.urgent[e] = true
	h.mu.Unlock()
	select {
	case h.hurry <- struct{}{}:
	default:
	}
}

// run asks until nothing is called any more, or ctx is done.
func (h *health[L]) run(ctx context.Context) {
	interval := time.Duration(h.options.Interval)
	patients := map[*balance.Endpoint[L]]*patient[L]{}
	for {
		models, idle := h.models.models()
		if idle {
			h.forgive(nil, nil)
			h.awake.Store(false) // then another one may run, whose vetoes are to stay
			return
		}
		endpoints := h.set.Endpoints()
		if len(endpoints) < 2 {
			models = nil // a veto would have nowhere to send calls
		}
		h.admit(patients, endpoints)
		h.forgive(endpoints, models)
		next := interval
		for _, e := range endpoints {
			p := patients[e]
			if time.Until(p.due) <= 0 {
				p.due = time.Now().Add(jittered(interval))
				h.examine(p, models)
			}
			next = min(next, time.Until(p.due))
		}
		if !wait(ctx, max(next, time.Millisecond), h.hurry) {
			return
		}
	}
}

// admit begins with endpoints that are new, all of them one after another within the interval at first, and ends with those that are gone.
func (h *health[L]) admit(patients map[*balance.Endpoint[L]]*patient[L], endpoints []*balance.Endpoint[L]) {
	maps.DeleteFunc(patients, func(e *balance.Endpoint[L], _ *patient[L]) bool { return !slices.Contains(endpoints, e) })
	first := len(patients) == 0
	h.mu.Lock()
	defer h.mu.Unlock()
	for i, e := range endpoints {
		p := patients[e]
		if p == nil {
			p = &patient[L]{endpoint: e, failures: map[string]int{}, due: time.Now()}
			if first {
				p.due = p.due.Add(time.Duration(h.options.Interval) * time.Duration(i) / time.Duration(len(endpoints)))
			}
			patients[e] = p
		}
		if h.urgent[e] {
			p.due = time.Now()
		}
	}
	clear(h.urgent)
}

// patient is an endpoint that is asked.
type patient[L balance.Link] struct {
	endpoint *balance.Endpoint[L]
	due      time.Time

	asking atomic.Bool
	mu     sync.Mutex
	// failures in a row, by model.
	failures map[string]int
}

// examine asks an endpoint after models, unless it is being asked still. One that has no connection is not asked: that says enough.
func (h *health[L]) examine(p *patient[L], models []string) {
	if len(models) == 0 || !p.asking.CompareAndSwap(false, true) {
		return
	}
	h.background.start(func(ctx context.Context) {
		defer p.asking.Store(false)
		if p.endpoint.Link.Standing() == balance.Unreachable {
			return
		}
		room := make(chan struct{}, maxQuestions)
		var asking sync.WaitGroup
		for _, model := range models {
			room <- struct{}{}
			asking.Go(func() {
				defer func() { <-room }()
				h.question(ctx, p, model)
			})
		}
		asking.Wait()
	})
}

func (h *health[L]) question(ctx context.Context, p *patient[L], model string) {
	asked, cancel := context.WithTimeout(ctx, time.Duration(h.options.Timeout))
	defer cancel()
	ready, err := h.transport.Ready(asked, p.endpoint.Link, model)
	if ctx.Err() != nil {
		return
	}
	reason := ""
	switch code := infer.CodeOf(err); {
	case err == nil && !ready, code == codes.NotFound:
		reason = "the model is not ready"
	case err != nil && code != codes.Unimplemented:
		if p.failed(model) < h.options.Failures {
			return
		}
		h.veto(p.endpoint, model, "it does not answer whether the model is ready: "+infer.AsError(err).Reason)
		return
	}
	p.answered(model)
	h.veto(p.endpoint, model, reason)
}

func (p *patient[L]) failed(model string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failures[model]++
	return p.failures[model]
}

func (p *patient[L]) answered(model string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.failures, model)
}

// veto is [balance.Endpoint.Veto], remembered so that it is lifted. It is told again each time: the set forgets models.
func (h *health[L]) veto(e *balance.Endpoint[L], model, reason string) {
	h.mu.Lock()
	before := h.vetoes[e][model]
	switch {
	case reason == "":
		delete(h.vetoes[e], model)
	case h.vetoes[e] == nil:
		h.vetoes[e] = map[string]bool{model: true}
	default:
		h.vetoes[e][model] = true
	}
	h.mu.Unlock()
	if before || reason != "" {
		e.Veto(model, reason)
	}
}

// forgive lifts the vetoes that nobody asks after any more: all but those of models at endpoints.
func (h *health[L]) forgive(endpoints []*balance.Endpoint[L], models []string) {
	type veto struct {
		endpoint *balance.Endpoint[L]
		model    string
	}
	var old []veto
	h.mu.Lock()
	for e, vetoes := range h.vetoes {
		for model := range vetoes {
			if !slices.Contains(endpoints, e) || !slices.Contains(models, model) {
				old = append(old, veto{e, model})
			}
		}
		if !slices.Contains(endpoints, e) {
			delete(h.vetoes, e)
		}
	}
	h.mu.Unlock()
	for _, v := range old {
		v.endpoint.Veto(v.model, "")
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, v := range old {
		delete(h.vetoes[v.endpoint], v.model)
	}
}

// jittered is d give or take a fifth, so that gateways which began together do not go on so.
func jittered(d time.Duration) time.Duration {
	return d - d/5 + rand.N(2*d/5+1) //nolint:gosec // nobody gains from guessing it
}
