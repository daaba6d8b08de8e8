package server

import (
	"context"

	"github.com/manifold-serving/manifold/infer"
)

// leastCharge is what a request of a stream is charged with at least: about what it holds beside its message.
const leastCharge = 8 * 1024

// streamed is one request of a ModelStreamInfer.
type streamed struct {
	multiplex *multiplex
	call      call
	share     charge
	req       *infer.Request // nil when the message is none, or refused
	refused   string         // the id of a refused request
	model     infer.Model
	fault     error // found before a model was asked
	decoupled bool
	place     turn // among the answers of ordinary models
	sequence  turn

	failed *infer.Error // the first error that the model told
	told   bool         // the client has its error
	final  bool         // the client has the last message
}

// take makes the request of a message.
func (s *streamed) take(frame infer.Frame) (*infer.Request, error) {
	size := int64(frame.Buffers.Len())
	req, err := infer.ParseRequest(frame.Buffers)
	if err != nil {
		return nil, err
	}
	return req, s.share.grow(max(size, min(leastCharge, s.share.budget.limit)))
}

// refuse gives the message back at once, and not when the request's turn comes to be told: a stream that is full of refused messages
// would hold what nothing is charged for.
func (s *streamed) refuse() {
	if s.req != nil {
		s.refused = s.req.ID()
		s.req.Free()
		s.req = nil
	}
	s.share.release()
}

// run answers the request, and gives everything back that it holds.
func (s *streamed) run(ctx context.Context) {
	defer s.leave(ctx)
	err := s.multiplex.inference.each(ctx, &s.call, func() error { return s.ask(ctx) })
	if err != nil && !s.told && !s.final {
		s.tell(ctx, infer.AsError(err))
	}
}

// ask streams the model's answer.
func (s *streamed) ask(ctx context.Context) error {
	if s.fault != nil {
		return s.fault
	}
	if err := s.sequence.wait(ctx); err != nil {
		return err
	}
	err := s.model.Stream(ctx, s.req, func(r infer.Reply) error { return s.yield(ctx, r) })
	if err == nil && s.failed != nil {
		s.told = true
		return s.failed
	}
	return err
}

// yield sends a message of the model when it is the request's turn.
func (s *streamed) yield(ctx context.Context, r infer.Reply) error {
	if r.Response == nil {
		r.Response = s.empty(!s.decoupled)
	}
	executed := r.Err == nil || r.Response.ModelName() != "" // a server's error about the request itself names no model
	if err := s.receive(ctx, r.Err, executed); err != nil {
		r.Response.Free()
		return err
	}
	if executed {
		r.Response = address(r.Response, s.req)
	}
	resp, err := s.multiplex.inference.formed(r.Response, s.req)
	if err != nil {
		return err
	}
	defer resp.Free()
	s.final = resp.IsFinal()
	if r.Err != nil {
		r.Err = infer.AsError(shown(r.Err))
	}
	return s.multiplex.send(infer.Reply{Response: resp, Err: r.Err})
}

// receive waits until a message may be sent, and notes the error in its place, which may be the last of the stream.
func (s *streamed) receive(ctx context.Context, e *infer.Error, executed bool) error {
	if err := s.place.wait(ctx); err != nil {
		return err
	}
	if e == nil {
		return nil
	}
	if s.failed == nil {
		s.failed = e
	}
	if s.multiplex.statuses && executed {
		s.multiplex.end(shown(e))
		return e
	}
	return nil
}

// tell says what went wrong where nobody has yet. What a model broke off on may have answers before it, and its client may wait
// for the end of them. Source: Triton's stream handler; appendix C of the protocol page.
func (s *streamed) tell(ctx context.Context, e *infer.Error) {
	if s.place.wait(ctx) != nil {
		return // the client is gone
	}
	if s.fault != nil {
		s.tellFault(e)
		return
	}
	if s.multiplex.statuses {
		s.multiplex.end(e)
		return
	}
	s.reply(infer.Reply{Response: s.empty(!s.decoupled), Err: e})
	if s.decoupled && s.req.WantsEmptyFinal() {
		s.reply(infer.Reply{Response: s.empty(true)})
	}
}

// tellFault answers what never came to a model.
func (s *streamed) tellFault(e *infer.Error) {
	s.reply(infer.Reply{Response: infer.NewResponse(infer.Head{ID: s.refused}, nil), Err: e})
}

// empty is a response that has nothing but its names.
func (s *streamed) empty(last bool) *infer.Response {
	return infer.NewResponse(infer.Head{
		ModelName: s.req.ModelName(), ID: s.req.ID(), Parameters: infer.Parameters{{Key: infer.FinalResponse, Value: last}},
	}, nil)
}

// reply sends a message of the gateway's own.
func (s *streamed) reply(r infer.Reply) {
	defer r.Response.Free()
	_ = s.multiplex.send(r) // fails when the client is gone
}

func (s *streamed) leave(ctx context.Context) {
	_ = s.place.wait(ctx) // so that nobody behind overtakes who is before
	s.share.release()
	if s.req != nil {
		s.req.Free()
	}
	for _, t := range []turn{s.sequence, s.place} {
		if t.over != nil {
			close(t.over)
		}
	}
	<-s.multiplex.slots
}
