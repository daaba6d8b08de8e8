package rogue

import (
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/manifold-serving/manifold/internal/faultlab/backend"
	"github.com/manifold-serving/manifold/internal/faultlab/proof"
)

const (
	maxDials   = 100_000
	maxJournal = 100_000
)

// books count what the server sees.
type books struct {
	mu            sync.Mutex
	started       time.Time
	total, window backend.Window
	live          int
	executions    uint64
	journal       []backend.Execution // a ring when it is full
	oldest        int
}

func newBooks(started time.Time) *books {
	return &books{started: started, total: newWindow(started, 0), window: newWindow(started, 0)}
}

func newWindow(since time.Time, live int) backend.Window {
	return backend.Window{Since: since, LivePeak: live, Models: map[string]backend.Tally{}, Asked: map[string]int{}}
}

// mark begins a window.
func (b *books) mark() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.window = newWindow(time.Now(), b.live)
}

// both does something to both windows.
func (b *books) both(do func(*backend.Window)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	do(&b.total)
	do(&b.window)
}

func (b *books) dialled(at time.Time) {
	b.both(func(w *backend.Window) {
		w.Accepted++
		if len(w.Dials) < maxDials {
			w.Dials = append(w.Dials, at)
		}
	})
}

func (b *books) asked(what string) { b.both(func(w *backend.Window) { w.Asked[what]++ }) }

func (b *books) refused(model string) {
	b.both(func(w *backend.Window) { count(w, model, func(t *backend.Tally) { t.Refused++ }) })
}

// incoming is a call for inference as it arrived.
type incoming struct {
	model string
	call  proof.Call
	left  time.Duration // until the deadline of gRPC
	bound bool          // there is one
}

// begin notes that a call has begun.
func (b *books) begin(in incoming) *backend.Execution {
	now := time.Now()
	b.both(func(w *backend.Window) {
		count(w, in.model, func(t *backend.Tally) { t.Started++ })
		deadlines(&w.Deadlines, in, now)
	})
	b.mu.Lock()
	defer b.mu.Unlock()
	b.executions++
	b.live++
	b.total.LivePeak, b.window.LivePeak = max(b.total.LivePeak, b.live), max(b.window.LivePeak, b.live)
	return &backend.Execution{Number: b.executions, ID: in.call.ID, Model: in.model, Started: now}
}

// end notes how a call ended.
func (b *books) end(x *backend.Execution, outcome backend.Outcome) {
	x.Ended, x.Outcome = time.Now(), outcome
	b.both(func(w *backend.Window) {
		count(w, x.Model, func(t *backend.Tally) {
			switch outcome {
			case backend.Finished:
				t.Finished++
			case backend.Failed:
				t.Failed++
			case backend.Cancelled:
				t.Cancelled++
			case backend.WasCut:
				t.Cut++
			}
		})
	})
	b.mu.Lock()
	defer b.mu.Unlock()
	b.live--
	if len(b.journal) < maxJournal {
		b.journal = append(b.journal, *x)
		return
	}
	b.journal[b.oldest] = *x
	b.oldest = (b.oldest + 1) % maxJournal
}

// counts are a copy of all that was counted.
func (b *books) counts(open int) backend.Counts {
	b.mu.Lock()
	defer b.mu.Unlock()
	return backend.Counts{Started: b.started, Total: clone(b.total), Window: clone(b.window), Live: b.live, Open: open}
}

// executions are a copy of the journal, oldest first.
func (b *books) ended() []backend.Execution {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Concat(b.journal[b.oldest:], b.journal[:b.oldest])
}

func clone(w backend.Window) backend.Window {
	w.Models, w.Asked, w.Dials = maps.Clone(w.Models), maps.Clone(w.Asked), slices.Clone(w.Dials)
	return w
}

// count changes the tally of the window and that of the model.
func count(w *backend.Window, model string, change func(*backend.Tally)) {
	change(&w.Tally)
	of := w.Models[model]
	change(&of)
	w.Models[model] = of
}

func deadlines(d *backend.Deadlines, in incoming, now time.Time) {
	own := in.call.Deadline()
	if !own.IsZero() && now.After(own) {
		d.Expired++
	}
	if !in.bound {
		d.Absent++
		return
	}
	if d.Longest == 0 || in.left < d.Shortest {
		d.Shortest = in.left
	}
	d.Longest = max(d.Longest, in.left)
	if !own.IsZero() {
		d.Excess = max(d.Excess, now.Add(in.left).Sub(own))
	}
}
