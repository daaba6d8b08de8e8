//go:build linux

package witness

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// every is how often a process is looked at.
const every = 100 * time.Millisecond

// keep is how many samples are kept: of an hour.
const keep = int(time.Hour / every)

// Options is whom to watch.
type Options struct {
	PID int
	// Metrics is the URL of its metrics; without it goroutines and the garbage collector are not seen.
	Metrics string
	// Goroutines counts them instead, when the process is this one.
	Goroutines func() int
	// Every is how often it is looked at; 0 means 100 ms.
	Every time.Duration
}

// Witness watches a process. It is safe for concurrent use.
type Witness struct {
	options Options
	client  *http.Client
	stop    context.CancelFunc
	stopped chan struct{}

	mu     sync.Mutex
	record Record
}

// Watch watches until Stop, ctx's end, or that of the process. The error says that it cannot be looked at.
func Watch(ctx context.Context, o Options) (*Witness, error) {
	if o.Every <= 0 {
		o.Every = every
	}
	w := &Witness{options: o, client: &http.Client{Transport: &http.Transport{}}, stopped: make(chan struct{})}
	first, err := w.look(ctx)
	if err != nil {
		return nil, fmt.Errorf("process %d: %w", o.PID, err)
	}
	w.record = Record{Baseline: first}
	w.record.add(first)
	ctx, w.stop = context.WithCancel(ctx)
	go w.watch(ctx)
	return w, nil
}

// look looks once.
func (w *Witness) look(ctx context.Context) (Sample, error) {
	s, err := read(w.options.PID)
	if err != nil {
		return s, err
	}
	if w.options.Goroutines != nil {
		s.Goroutines = w.options.Goroutines()
		return s, nil
	}
	if w.options.Metrics == "" {
		return s, nil
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	return s, scrape(ctx, w.client, w.options.Metrics, &s)
}

func (w *Witness) watch(ctx context.Context) {
	defer close(w.stopped)
	defer w.client.CloseIdleConnections()
	ticker := time.NewTicker(w.options.Every)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			_, _ = w.sample(ctx) // the record has what it missed
		case <-ctx.Done():
			return
		}
	}
}

// sample looks, and notes what it saw, or that it saw nothing.
func (w *Witness) sample(ctx context.Context) (Sample, error) {
	s, err := w.look(ctx)
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil {
		w.record.missed(err)
		return s, err
	}
	w.record.add(s)
	return s, nil
}

// Baseline looks, and makes that what the rest is held against; peaks begin anew.
func (w *Witness) Baseline(ctx context.Context) error {
	s, err := w.look(ctx)
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.record.Baseline, w.record.Peak = s, s
	return nil
}

// Record is what was seen until now.
func (w *Witness) Record() Record {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.record.clone()
}

// Settle waits until goroutines, descriptors and threads are within the envelope; the error says which is not when e.Within is over, or
// that the process cannot be looked at.
func (w *Witness) Settle(ctx context.Context, e Envelope) error {
	ctx, cancel := context.WithTimeout(ctx, e.within())
	defer cancel()
	ticker := time.NewTicker(w.options.Every)
	defer ticker.Stop()
	for {
		s, err := w.sample(ctx)
		if err == nil {
			err = e.settled(w.Record().Baseline, s)
		}
		if err == nil {
			return nil
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return err
		}
	}
}

// Stop ends the watch and returns what was seen.
func (w *Witness) Stop() Record {
	w.stop()
	<-w.stopped
	return w.Record()
}
