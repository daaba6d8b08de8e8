package admission_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/manifold-serving/manifold/clients/admission"
)

// server is a model server in virtual time.
type server interface {
	// serve does the work of a call, and does not stop when its client has left.
	serve(ctx context.Context) error
}

// workers serve one call each at a time, in the order in which they came.
type workers struct {
	slots chan struct{}
	takes func() time.Duration
}

func newWorkers(n int, takes func() time.Duration) *workers {
	return &workers{slots: make(chan struct{}, n), takes: takes}
}

func (s *workers) serve(ctx context.Context) error {
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.slots <- struct{}{}
		time.Sleep(s.takes())
		<-s.slots
	}()
	return until(ctx, done)
}

// batcher serves the calls that have come while it was at work all together, as model servers with dynamic batching do.
type batcher struct {
	calls     chan chan struct{}
	fixed     time.Duration // of a batch
	each      time.Duration // more for each call in it
	mostCalls int
}

func newBatcher(ctx context.Context, fixed, each time.Duration, mostCalls int) *batcher {
	b := &batcher{calls: make(chan chan struct{}, 1<<20), fixed: fixed, each: each, mostCalls: mostCalls}
	go b.run(ctx)
	return b
}

func (b *batcher) serve(ctx context.Context) error {
	done := make(chan struct{})
	b.calls <- done
	return until(ctx, done)
}

func (b *batcher) run(ctx context.Context) {
	for {
		select {
		case first := <-b.calls:
			b.work(append(make([]chan struct{}, 0, b.mostCalls), first))
		case <-ctx.Done():
			return
		}
	}
}

func (b *batcher) work(batch []chan struct{}) {
	for len(batch) < b.mostCalls && len(b.calls) > 0 {
		batch = append(batch, <-b.calls)
	}
	time.Sleep(b.fixed + time.Duration(len(batch))*b.each)
	for _, done := range batch {
		close(done)
	}
}

func until(ctx context.Context, done <-chan struct{}) error {
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// load is calls that come whether or not others are answered.
type load struct {
	rate     float64 // a second
	deadline time.Duration
	lasts    time.Duration
}

// result is how calls ended.
type result struct {
	good    int // answered before their deadline
	late    int
	refused int
	waited  time.Duration // the longest wait of one that was refused
	least   int           // the least limit that was seen, a second after the start at the earliest
	most    int
}

// offer makes the calls of a load, through a limiter, and waits for all of them. It is for a bubble.
func offer(limiter *admission.Limiter, s server, l load, random *rand.Rand) result {
	var (
		all sync.WaitGroup
		mu  sync.Mutex
		r   = result{least: 1 << 30}
	)
	call := func() {
		ctx, cancel := context.WithTimeout(context.Background(), l.deadline)
		defer cancel()
		begun := time.Now()
		permit, err := limiter.Admit(ctx)
		if err != nil {
			mu.Lock()
			r.refused++
			r.waited = max(r.waited, time.Since(begun))
			mu.Unlock()
			return
		}
		err = s.serve(ctx)
		permit.Release(err == nil)
		mu.Lock()
		defer mu.Unlock()
		if err == nil {
			r.good++
		} else {
			r.late++
		}
	}
	started := time.Now()
	for time.Since(started) < l.lasts {
		time.Sleep(time.Duration(random.ExpFloat64() / l.rate * float64(time.Second)))
		all.Go(call)
		if time.Since(started) > time.Second {
			limit := limiter.State().Limit
			r.least, r.most = min(r.least, limit), max(r.most, limit)
		}
	}
	all.Wait()
	return r
}

// exponential are the times of a server whose calls differ much.
func exponential(mean time.Duration, random *rand.Rand) func() time.Duration {
	var mu sync.Mutex
	return func() time.Duration {
		mu.Lock()
		defer mu.Unlock()
		return time.Duration(random.ExpFloat64() * float64(mean))
	}
}

// seeded is the same each time: what a simulation shows is a fact, and not chance.
func seeded() *rand.Rand { return rand.New(rand.NewPCG(7, 11)) }
