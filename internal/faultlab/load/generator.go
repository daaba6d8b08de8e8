package load

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/manifold-serving/manifold/internal/faultlab/proof"
)

// firstPhase is that of calls before anybody named one.
const firstPhase = "healthy"

// Generator is a load that runs.
type Generator struct {
	options Options
	caller  caller
	ledger  *Ledger
	random  *rand.Rand // of the goroutine that makes the calls
	calls   sync.WaitGroup
	stop    context.CancelFunc
	done    chan struct{}
	report  *Report // after done

	mu       sync.Mutex
	phase    string
	inFlight int
}

// Start begins a load, which ends as its options say, or with ctx; calls that are under way then are cancelled with ctx alone.
func Start(ctx context.Context, o Options) (*Generator, error) {
	o, err := o.complete()
	if err != nil {
		return nil, err
	}
	c, err := newCaller(o)
	if err != nil {
		return nil, err
	}
	return start(ctx, o, c), nil
}

// Run is a load from its begin to its end, which its options or ctx must say.
func Run(ctx context.Context, o Options) (*Report, error) {
	g, err := Start(ctx, o)
	if err != nil {
		return nil, err
	}
	return g.Wait(), nil
}

func start(ctx context.Context, o Options, c caller) *Generator {
	g := &Generator{options: o, caller: c, ledger: NewLedger(), phase: firstPhase, done: make(chan struct{})}
	g.random = rand.New(rand.NewPCG(o.Seed, 2))
	making, stop := context.WithCancel(ctx)
	g.stop = stop
	go g.run(ctx, making)
	return g
}

// Phase names what begins now: calls that are due from now on are of it. The first is healthy.
func (g *Generator) Phase(name string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.phase = name
}

// Stop makes no more calls, and waits for those that were made.
func (g *Generator) Stop() *Report {
	g.stop()
	return g.Wait()
}

// Wait returns when the load has ended and each call has an outcome.
func (g *Generator) Wait() *Report {
	<-g.done
	return g.report
}

// Done is closed when Wait would return at once.
func (g *Generator) Done() <-chan struct{} { return g.done }

// run makes calls as long as making lasts; ctx is the calls'.
func (g *Generator) run(ctx, making context.Context) {
	defer close(g.done)
	defer g.stop()
	began := time.Now()
	clock := newClockwork(g.options, began)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for n := 0; g.options.Calls == 0 || n < g.options.Calls; n++ {
		due := clock.next()
		if g.options.For > 0 && due.Sub(began) >= g.options.For || !await(making, timer, due) {
			break
		}
		g.begin(ctx, n, due)
	}
	g.calls.Wait()
	g.caller.close()
	g.report = newReport(g.options, g.ledger)
}

// await waits until then, and tells whether making lasted. A time that is over is not waited for.
func await(making context.Context, timer *time.Timer, then time.Time) bool {
	if wait := time.Until(then); wait > 0 {
		timer.Reset(wait)
		select {
		case <-timer.C:
		case <-making.Done():
		}
	}
	return making.Err() == nil
}

// begin notes a call, and makes it on a goroutine of its own.
func (g *Generator) begin(ctx context.Context, n int, due time.Time) {
	sent := time.Now()
	deadline := sent.Add(g.options.Deadline)
	call := proof.Call{ID: fmt.Sprintf("%s-%d", g.options.Name, n), Payload: proof.NewPayload(g.options.Payload, deadline, g.random)}
	cancelled := g.options.CancelShare > 0 && g.random.Float64() < g.options.CancelShare
	g.ledger.Begin(call, Record{Phase: g.phaseNow(), Due: due, Sent: sent})
	if !g.enter() {
		g.ledger.End(call.ID, Outcome{At: time.Now(), Sent: sent, Code: "NONE", NotMade: true})
		return
	}
	g.calls.Go(func() {
		defer g.leave()
		ctx, cancel := context.WithDeadline(ctx, deadline)
		defer cancel()
		g.make(ctx, call, sent, cancelled)
	})
}

// make makes a call, and cancels it when that is its lot.
func (g *Generator) make(ctx context.Context, call proof.Call, sent time.Time, cancelled bool) {
	departed := func() time.Time { return time.Time{} }
	if cancelled {
		ctx, departed = depart(ctx, g.options.CancelAfter)
	}
	r := g.caller.call(ctx, call)
	at := time.Now()
	g.ledger.End(call.ID, Outcome{
		At: at, Sent: sent, Code: r.code, Message: r.message, Answer: r.answer, Broken: r.broken, Cancelled: departed(),
	})
}

// depart is a context that is cancelled after a while, unless departed was called before; that tells when it was, if it was.
func depart(parent context.Context, after time.Duration) (ctx context.Context, departed func() time.Time) {
	ctx, cancel := context.WithCancel(parent)
	went := make(chan time.Time, 1)
	timer := time.AfterFunc(after, func() {
		went <- time.Now()
		cancel()
	})
	return ctx, func() time.Time {
		defer cancel()
		if timer.Stop() {
			return time.Time{}
		}
		return <-went
	}
}

func (g *Generator) phaseNow() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.phase
}

func (g *Generator) enter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.inFlight >= g.options.MaxInFlight {
		return false
	}
	g.inFlight++
	return true
}

func (g *Generator) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inFlight--
}
