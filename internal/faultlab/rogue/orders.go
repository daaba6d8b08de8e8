package rogue

import (
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/manifold-serving/manifold/internal/faultlab/backend"
)

// orders is the behaviour in force.
type orders struct {
	options backend.Options

	mu      sync.Mutex
	in      backend.Behaviour
	changed chan struct{} // closed when it is replaced
	random  *rand.Rand
}

func newOrders(o backend.Options) *orders {
	seed := o.Seed
	if seed == 0 {
		seed = rand.Uint64()
	}
	return &orders{options: o, in: o.Behaviour, changed: make(chan struct{}), random: rand.New(rand.NewPCG(seed, 0))}
}

// give replaces the behaviour.
func (o *orders) give(b backend.Behaviour) {
	o.mu.Lock()
	defer o.mu.Unlock()
	close(o.changed)
	o.in, o.changed = b, make(chan struct{})
}

// now is what is ordered, until changed is closed.
func (o *orders) now() (b backend.Behaviour, changed <-chan struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.in, o.changed
}

// models are those that the server admits to have.
func (o *orders) models() []string {
	b, _ := o.now()
	if b.Identity.Models != nil {
		return b.Identity.Models
	}
	return o.options.Models
}

// ready tells whether a model is ready; "" is the server.
func (o *orders) ready(model string) bool {
	b, _ := o.now()
	return !slices.Contains(b.NotReady, "*") && (model == "" || !slices.Contains(b.NotReady, model))
}

// lot is what befalls one call.
type lot struct {
	fail, hang, drip, cut bool
	lie                   string
	service               time.Duration
	ordered               backend.Behaviour // its shares are drawn
}

// draw draws a call's lot.
func (o *orders) draw(model string) lot {
	o.mu.Lock()
	defer o.mu.Unlock()
	b := o.in
	if len(b.Only) > 0 && !slices.Contains(b.Only, model) {
		b = backend.Behaviour{}
	}
	if b.Service.IsZero() {
		b.Service = o.options.Service
	}
	l := lot{
		fail: o.hits(b.Fail.Share), hang: o.hits(b.Hang), drip: o.hits(b.Drip.Share) && b.Drip.BytesPerSecond > 0, cut: o.hits(b.Cut.Share),
		service: o.time(b.Service), ordered: b,
	}
	if o.hits(b.Lie.Share) {
		l.lie = b.Lie.Kind
	}
	return l
}

func (o *orders) hits(share float64) bool { return share > 0 && o.random.Float64() < share }

func (o *orders) time(d backend.Delay) time.Duration {
	t := float64(d.Mean)
	if d.Exponential {
		t *= o.random.ExpFloat64()
	}
	if o.hits(d.SlowShare) {
		t *= d.SlowFactor
	}
	return time.Duration(t)
}
