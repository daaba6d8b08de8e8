package fleet

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/manifold-serving/manifold/clients/admission"
	"github.com/manifold-serving/manifold/clients/balance"
	"github.com/manifold-serving/manifold/clients/dispatch"
)

// Fleet is the endpoints of a server. It is safe for concurrent use.
type Fleet[L balance.Link] struct {
	name      string
	balancing balance.Policy
	discovery Discovery // complete

	set      *balance.Set[L]
	dispatch *dispatch.Dispatcher[L]
	limiter  *admission.Limiter

	roster     *roster[L]
	background *background
	models     *recent
	health     *health[L]
	suspicions *suspicions[L]
	vigils     *vigils[L]
	logger     *slog.Logger

	seek sync.Once // begins to look names up
}

// Open returns the fleet at targets, which are addresses of the transport or of package discovery. Nothing is dialled, looked up or
// asked, and no goroutine runs, before the first call. Logger gets one line per change of an endpoint's state; nil means that nobody
// does. P is valid.
func Open[L balance.Link](name string, targets []string, p Policies, t Transport[L], logger *slog.Logger) (*Fleet[L], error) {
	f := newFleet(name, p, t, cmp.Or(logger, slog.New(slog.DiscardHandler)).With("upstream", name))
	for i, target := range targets {
		if err := f.roster.join(target); err != nil {
			return nil, errors.Join(fmt.Errorf("targets[%d]: %w", i, err), f.Close())
		}
	}
	if len(targets) == 1 && !f.roster.dynamic {
		f.health.options.Disabled = true // the only endpoint is called whatever it answers
	}
	return f, nil
}

func newFleet[L balance.Link](name string, p Policies, t Transport[L], logger *slog.Logger) *Fleet[L] {
	looking, asking, stall := p.complete()
	f := &Fleet[L]{
		name: name, balancing: cmp.Or(p.Balancing, balance.P2C), discovery: looking, logger: logger,
		limiter: admission.New(name, concurrency(p)), background: newBackground(), models: &recent{},
	}
	f.set = balance.NewSet(p.balance(), balance.Hooks[L]{Notify: f.notify, Suspect: f.suspect})
	f.dispatch = dispatch.New(f.set, p.dispatch(), f.limiter.Busy)
	f.roster = &roster[L]{
		set: f.set, transport: t, grace: time.Duration(looking.Grace), logger: logger,
		members: map[string]*balance.Endpoint[L]{}, changed: make(chan struct{}),
	}
	f.health = newHealth(asking, f.set, t, f.background, f.models)
	f.vigils = &vigils[L]{transport: t, background: f.background, models: f.models, back: f.back, held: map[*balance.Endpoint[L]]chan struct{}{}}
	f.suspicions = &suspicions[L]{
		stall: stall, set: f.set, transport: t, background: f.background, stalled: f.vigils.holds, asked: map[*balance.Endpoint[L]]bool{},
	}
	f.roster.left = f.vigils.end
	return f
}

func concurrency(p Policies) admission.Options {
	if p.Concurrency == nil {
		return admission.Options{}
	}
	return *p.Concurrency
}

// Do admits a call and makes it at an endpoint, or at several. The error is an *infer.Error of admission or of the look-up of a name, that
// of ctx, balance.ErrClosed, balance.ErrNowhere, or an attempt's.
func Do[L balance.Link, R any](ctx context.Context, f *Fleet[L], c balance.Call, a dispatch.Attempt[L, R]) (answer R, err error) {
	permit, err := f.admit(ctx, c)
	if err != nil {
		return answer, err
	}
	served := false // what panics gives its permit back too
	defer func() { permit.Release(served) }()
	answer, err = dispatch.Do(ctx, f.dispatch, c, a)
	served = err == nil
	return answer, err
}

// Begin is Do for a call that goes on when its attempt has returned, as a stream does after its first message: it stays admitted until end
// is called, which is to be done once, and not with an error. How long it takes is its own affair.
func Begin[L balance.Link, R any](ctx context.Context, f *Fleet[L], c balance.Call, a dispatch.Attempt[L, R]) (answer R, end func(), err error) {
	permit, err := f.admit(ctx, c)
	if err != nil {
		return answer, nil, err
	}
	began := false
	defer func() {
		if !began {
			permit.Release(false)
		}
	}()
	if answer, err = dispatch.Do(ctx, f.dispatch, c, a); err != nil {
		return answer, nil, err
	}
	began = true
	return answer, permit.Ignore, nil
}

// admit waits until there is an endpoint, and room for a call.
func (f *Fleet[L]) admit(ctx context.Context, c balance.Call) (admission.Permit, error) {
	if err := f.locate(ctx); err != nil {
		return admission.Permit{}, err
	}
	f.models.note(c.Model)
	f.health.called()
	return f.limiter.Admit(ctx)
}

// Ask is Do for a question about the server or a model, which any endpoint may answer: it is not admitted, and how long it takes is not
// held against the endpoint. It is made again like any call that may be.
func Ask[L balance.Link, R any](ctx context.Context, f *Fleet[L], c balance.Call, a dispatch.Attempt[L, R]) (R, error) {
	if err := f.locate(ctx); err != nil {
		var none R
		return none, err
	}
	c.Question, c.Repeatable = true, true
	return dispatch.Do(ctx, f.dispatch, c, a)
}

// Endpoints are those that are known now, for calls that go to every one of them; see [Fleet.At]. The caller must not change the slice.
// The error is that of the look-up of a name, when there is none.
func (f *Fleet[L]) Endpoints(ctx context.Context) ([]*balance.Endpoint[L], error) {
	if err := f.locate(ctx); err != nil {
		return nil, err
	}
	return f.set.Endpoints(), nil
}

// At takes one endpoint for a call, whatever its state. The caller ends the lease.
func (f *Fleet[L]) At(e *balance.Endpoint[L]) (*balance.Lease[L], error) { return f.set.TakeAt(e) }

// Veto keeps calls of a model away from the endpoint of a link that was found not to have it, until its health is asked, which may find
// otherwise. It does nothing when nobody asks.
func (f *Fleet[L]) Veto(link L, model, reason string) {
	if f.health.options.Disabled {
		return
	}
	for _, e := range f.set.Endpoints() {
		if any(e.Link) == any(link) {
			f.health.veto(e, model, reason)
		}
	}
}

// Closed reports whether the fleet was closed.
func (f *Fleet[L]) Closed() bool { return f.set.Closed() }

// Shutdown waits until no call is in flight, or ctx is done, and closes every connection; calls that come while it waits are still made.
// The error is that of ctx when calls were cut off.
func (f *Fleet[L]) Shutdown(ctx context.Context) error {
	err := f.set.Shutdown(ctx)
	f.background.end()
	return err
}

// Close closes every connection at once and ends what runs in the background. Closing again does nothing.
func (f *Fleet[L]) Close() error {
	err := f.set.Close()
	f.background.end()
	return err
}
