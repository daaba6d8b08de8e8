package graph

import (
	"cmp"
	"context"
	"time"

	"github.com/manifold-serving/manifold/infer"
)

// Stream implements [infer.Streamer]: the graph runs once, and what its last step replies goes through as it comes, under the graph's
// name, with the client's id and the outputs that req asks for. An answer that no streaming model gives, of an Ensemble or of a
// Sequence that a condition ends, is one reply. Failures of the last step's model are replies, too; what failed before it is the
// returned error, as [Plan.Infer] gives it.
func (p *Plan) Stream(ctx context.Context, req *infer.Request, yield func(infer.Reply) error) error {
	return p.stream(ctx, req, sink{yield, req.WantsEmptyFinal()})
}

func (p *Plan) stream(ctx context.Context, req *infer.Request, out sink) (err error) {
	var refused, told error
	start := time.Now()
	defer func() { p.tallies.graph.Done(start, cmp.Or(refused, err, told)) }()
	want, err := p.wishes(req)
	if err != nil {
		return err
	}
	ctx, cancel := limit(ctx, p.timeout)
	defer cancel()
	in := infer.Inherited(req)
	defer in.Free()
	err = p.root.stream(ctx, in, sink{emptyFinal: out.emptyFinal, yield: func(r infer.Reply) error {
		if r.Err != nil {
			told = r.Err
		}
		refused = want.pass(r, out.yield)
		return refused
	}})
	if refused != nil {
		return refused // as yield gave it, without the way it came
	}
	return err
}

// pass gives the graph's own form of a reply to yield.
func (w wishes) pass(r infer.Reply, yield func(infer.Reply) error) error {
	switch {
	case r.Response == nil:
	case r.Err != nil || len(r.Response.Tensors()) == 0: // nothing to choose from
		r.Response = w.signed(r.Response)
	default:
		resp, err := w.answer(r.Response)
		if err != nil {
			return err
		}
		r.Response = resp
	}
	return yield(r)
}

// stream is run for the last step of a path: the replies of its target go through as they come. Its time limit ends with the first
// reply. It borrows node and previous.
func (s *step) stream(ctx context.Context, node *infer.Request, previous *infer.Response, out sink) (err error) {
	if err := ctx.Err(); err != nil {
		return expired(ctx, s.path, infer.At(s.path, err))
	}
	var told error
	ctx, end := s.begin(ctx)
	err = errPanicked
	defer func() { end(cmp.Or(err, told)) }()
	ctx, answered, cancel := limitSilence(ctx, s.timeout)
	defer cancel()
	err = s.pour(ctx, node, previous, sink{emptyFinal: out.emptyFinal, yield: func(r infer.Reply) error {
		answered()
		if r.Err != nil {
			told = s.blame(r.Err)
			r.Err = infer.AsError(told)
		}
		return out.yield(r)
	}})
	return expired(ctx, s.path, err)
}

// pour is call for a stream.
func (s *step) pour(ctx context.Context, in *infer.Request, previous *infer.Response, out sink) error {
	in, done, err := s.input(ctx, in, previous)
	if err != nil {
		return err
	}
	defer done()
	return s.blame(s.target.stream(ctx, in, out))
}

// limitSilence bounds how long a stream may take to its first reply; 0 is no limit.
func limitSilence(ctx context.Context, after time.Duration) (_ context.Context, answered func(), cancel context.CancelFunc) {
	if after <= 0 {
		return ctx, func() {}, func() {}
	}
	ctx, end := context.WithCancelCause(ctx)
	timer := time.AfterFunc(after, func() { end(&timeoutError{after}) })
	return ctx, func() { timer.Stop() }, func() { timer.Stop(); end(nil) }
}
