package clients

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/infer"
)

// silence bounds how long a stream waits for its next message. A nil silence has no bound.
type silence struct {
	limit  time.Duration
	timer  *time.Timer
	cancel context.CancelFunc
	over   atomic.Bool
}

// listen returns a context that ends when a silence is too long. One that has a deadline is left to it. The caller ends the silence.
func (s *Server) listen(ctx context.Context) (context.Context, *silence) {
	if _, ok := ctx.Deadline(); ok {
		return ctx, nil
	}
	ctx, cancel := context.WithCancel(ctx)
	q := &silence{limit: time.Duration(s.options.Timeout), cancel: cancel}
	q.timer = time.AfterFunc(q.limit, q.tooLong)
	return ctx, q
}

func (q *silence) tooLong() {
	q.over.Store(true)
	q.cancel()
}

// begin counts from now on.
func (q *silence) begin() {
	if q != nil {
		q.timer.Reset(q.limit)
	}
}

// pause stops counting, while a message is handed on.
func (q *silence) pause() {
	if q != nil {
		q.timer.Stop()
	}
}

func (q *silence) end() {
	if q != nil {
		q.timer.Stop()
		q.cancel()
	}
}

// broke reports whether a silence was too long.
func (q *silence) broke() bool { return q != nil && q.over.Load() }

// silent is the error of a stream whose silence was too long.
func (s *Server) silent(address string) error {
	return &infer.Error{
		Code: codes.DeadlineExceeded, Origin: s.origin(address), Cause: context.DeadlineExceeded,
		Reason: fmt.Sprintf("it sent nothing for %s; raise timeout of ModelServer %s, or set a deadline", s.options.Timeout, s.name),
	}
}
