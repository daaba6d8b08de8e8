package server

import "context"

// turn is a place in a queue: it comes when the one before it is over.
type turn struct {
	before <-chan struct{} // nil for the first
	over   chan struct{}
}

// wait returns when it is t's turn, or with ctx's error.
func (t turn) wait(ctx context.Context) error {
	if t.before == nil {
		return ctx.Err()
	}
	select {
	case <-t.before:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// queue hands turns out, one behind the other. It is not safe for concurrent use; its turns are.
type queue struct{ last chan struct{} }

func (q *queue) join() turn {
	t := turn{before: q.last, over: make(chan struct{})}
	q.last = t.over
	return t
}

// empty reports whether all turns are over.
func (q *queue) empty() bool {
	select {
	case <-q.last:
		return true
	default:
		return q.last == nil
	}
}
