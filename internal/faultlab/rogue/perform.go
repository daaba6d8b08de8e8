package rogue

import (
	"context"
	"time"

	"github.com/manifold-serving/manifold/internal/faultlab/backend"
	"github.com/manifold-serving/manifold/internal/faultlab/proof"
)

// replier is how a protocol answers a call. Its errors say that the caller has gone away.
type replier interface {
	fail(f backend.Fail) error
	// answer answers with what the lot says, and tells whether it was cut in its middle.
	answer(ctx context.Context, l lot, model string, a proof.Answer) (cut bool, err error)
}

// perform does a call and counts it.
func (s *Server) perform(ctx context.Context, in incoming, r replier) backend.Outcome {
	l := s.orders.draw(in.model)
	x := s.books.begin(in)
	outcome := s.outcome(ctx, l, in, x.Number, r)
	s.books.end(x, outcome)
	return outcome
}

func (s *Server) outcome(ctx context.Context, l lot, in incoming, number uint64, r replier) backend.Outcome {
	switch {
	case l.fail:
		if !pause(ctx, time.Duration(l.ordered.Fail.After)) || r.fail(l.ordered.Fail) != nil {
			return backend.Cancelled
		}
		return backend.Failed
	case l.hang:
		<-ctx.Done()
		return backend.Cancelled
	}
	if !s.work(ctx, l.service) {
		return backend.Cancelled
	}
	a := proof.Answer{ID: in.call.ID, Payload: in.call.Payload, Sum: in.call.Sum(), Backend: s.incarnation, Execution: number}
	model := in.model
	previous := s.previous.Swap(&in.call.ID)
	switch l.lie {
	case backend.LieID:
		a.ID = "nobody"
		if previous != nil && *previous != in.call.ID {
			a.ID = *previous
		}
	case backend.LieSum:
		a.Sum++
	case backend.LieModel:
		model = "another"
	}
	cut, err := r.answer(ctx, l, model, a)
	switch {
	case cut:
		return backend.WasCut
	case err != nil:
		return backend.Cancelled
	}
	return backend.Finished
}

// work waits for a worker and lets it work, and tells whether it came to an end before the caller went away.
func (s *Server) work(ctx context.Context, service time.Duration) bool {
	select {
	case s.workers <- struct{}{}:
	case <-ctx.Done():
		return false
	}
	defer func() { <-s.workers }()
	return pause(ctx, service)
}

// pause waits, and tells whether ctx lasted.
func pause(ctx context.Context, d time.Duration) bool {
	if d > 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
	}
	return ctx.Err() == nil
}
