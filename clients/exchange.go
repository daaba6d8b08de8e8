package clients

import (
	"context"
	"errors"
	"io"
	"time"

	"google.golang.org/grpc"

	"github.com/manifold-serving/manifold/clients/balance"
	"github.com/manifold-serving/manifold/clients/dispatch"
	"github.com/manifold-serving/manifold/clients/fleet"
	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

// exchange is a request that is answered with a stream of messages, perhaps asked of several endpoints until the first one comes.
type exchange struct {
	server  *Server
	errand  *errand
	silence *silence
	pause   time.Duration // before a stream that is not read to its end is reset
}

// opened is a stream with its first message, or with none when it ended at once.
type opened struct {
	*reader
	call  *call
	first *infer.Frame
}

// exchange sends a request on a stream of its own, and gives each message that comes to take, with the origin for its errors. Until the
// first message has come the request may be sent elsewhere. A stream that is not read to its end is reset after a pause.
func (s *Server) exchange(ctx context.Context, out *errand, to balance.Call, pause time.Duration, take func(*infer.Frame, string) error) error {
	watched, silence := s.listen(ctx)
	defer silence.end()
	e := exchange{server: s, errand: out, silence: silence, pause: pause}
	o, end, err := fleet.Begin(watched, s.fleet, to, dispatch.Attempt[*link, opened]{Run: e.run, Drop: e.drop})
	silence.pause()
	switch {
	case err != nil && silence.broke() && ctx.Err() == nil:
		return s.unheard(err)
	case err != nil:
		return s.own(err)
	}
	defer end()
	return e.converse(watched, o, take)
}

// unheard is the error of a stream that was too silent: that of the attempt, which knows where, or one that does not.
func (s *Server) unheard(err error) error {
	if known, ok := errors.AsType[*infer.Error](err); ok && errors.Is(known, context.DeadlineExceeded) {
		return known
	}
	return s.silent("")
}

// run opens a stream and waits for its first message.
func (e exchange) run(ctx context.Context, cancel context.CancelFunc, lease *balance.Lease[*link]) (opened, *dispatch.Fault) {
	l := lease.Endpoint.Link
	e.silence.begin()
	own, reset := e.lasting(ctx, cancel)
	callCtx, c, err := l.begin(own, reset)
	if err != nil {
		cancel()
		lease.Done(balance.Unsent)
		return opened{}, &dispatch.Fault{Err: e.server.unavailable(l.target.text, err), Unsent: true}
	}
	c.silence = e.silence
	over := func(err error) {
		if errors.Is(err, io.EOF) {
			err = nil
		}
		c.end(ctx, err)
		cancel()
		lease.Done(c.outcome)
	}
	stream, err := e.ask(ctx, callCtx, c)
	if err != nil {
		over(err)
		return opened{}, c.fault
	}
	return e.open(ctx, opened{reader: read(stream, reset, over), call: c}, lease)
}

// open waits for the first message of a stream.
func (e exchange) open(ctx context.Context, o opened, lease *balance.Lease[*link]) (opened, *dispatch.Fault) {
	m, err := o.wait(ctx)
	switch {
	case err == nil:
		lease.Answer(balance.Answered)
		o.first = &m
		return o, nil
	case errors.Is(err, io.EOF):
		return o, nil
	case ctx.Err() == nil:
		return opened{}, o.call.fault
	}
	outcome, fault := o.call.judge(ctx, err)
	lease.Answer(outcome)
	o.leave(e.pause)
	return opened{}, fault
}

// drop ends a stream that nobody waits for.
func (e exchange) drop(o opened) {
	if o.first != nil {
		o.first.Buffers.Free()
	}
	o.leave(e.pause)
}

// lasting is the context of a stream and its cancel: that of the attempt, or, when the stream is reset only after a pause, one that does not
// end with that.
func (e exchange) lasting(ctx context.Context, cancel context.CancelFunc) (context.Context, context.CancelFunc) {
	if e.pause == 0 {
		return ctx, cancel
	}
	return context.WithCancel(context.WithoutCancel(ctx))
}

// ask opens the stream and sends the request, as long as the attempt lasts.
func (e exchange) ask(attempt, ctx context.Context, c *call) (grpc.ClientStream, error) {
	if e.pause > 0 {
		defer context.AfterFunc(attempt, c.cancel)()
	}
	desc := &grpc.StreamDesc{StreamName: "ModelStreamInfer", ServerStreams: true, ClientStreams: true}
	stream, err := c.conn.grpc.NewStream(ctx, desc, inferencepb.GRPCInferenceService_ModelStreamInfer_FullMethodName, c.waits())
	if err != nil {
		return nil, err
	}
	if err := stream.SendMsg(lent{e.errand.request}); err != nil && !errors.Is(err, io.EOF) { // EOF: RecvMsg tells why
		return nil, err
	}
	return stream, stream.CloseSend()
}

// converse hands messages on until the stream ends, or take ends it.
func (e exchange) converse(ctx context.Context, o opened, take func(*infer.Frame, string) error) error {
	defer o.leave(e.pause)
	origin := e.server.origin(o.call.address())
	for m := o.first; m != nil; {
		if err := take(m, origin); err != nil {
			return err
		}
		e.silence.begin()
		next, err := o.wait(ctx)
		e.silence.pause()
		switch {
		case err == nil:
			m = &next
		case errors.Is(err, io.EOF):
			return nil
		case ctx.Err() == nil:
			return o.call.fault.Err
		default:
			return e.server.fault(ctx, o.call, err)
		}
	}
	return nil
}
