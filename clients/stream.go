package clients

import (
	"context"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/infer"
)

// Stream implements [infer.Streamer]. Each request has an upstream stream of its own, which ends with its answer, so that requests
// are balanced one by one and what befalls one is nothing to the others. A server without streams is asked once, as by
// [Upstream.Infer], whose errors are also those of a stream that breaks.
//
// Without a deadline of ctx a stream may take any time; the server's Timeout then bounds its silence before each message.
func (u *Upstream) Stream(ctx context.Context, req *infer.Request, yield func(infer.Reply) error) error {
	start := time.Now()
	r := &replies{yield: yield}
	err := u.stream(ctx, req, r)
	u.server.counters.done(modelVersion{u.name, u.version}, start, r.outcome(err))
	return err
}

func (u *Upstream) stream(ctx context.Context, req *infer.Request, r *replies) error {
	dialect, err := u.server.dialect(ctx)
	if err != nil {
		return err
	}
	if dialect == KServe {
		return infer.StreamOnce(ctx, infer.HandlerFunc(u.infer), req, r.yield)
	}
	out, err := u.errand(ctx, req)
	if err != nil {
		return err
	}
	defer out.free()
	r.errand, r.bare = out, dialect == MLServer
	err = u.server.exchange(ctx, out, out.call(u.name), pauseBefore(dialect), r.take)
	switch {
	case infer.CodeOf(err) == codes.Unimplemented && r.count == 0:
		return infer.StreamOnce(ctx, infer.HandlerFunc(u.infer), req, r.yield)
	case err != nil:
		return err
	}
	return r.finish(req)
}

// replies hands the messages of a stream on.
type replies struct {
	yield    func(infer.Reply) error
	errand   *errand
	bare     bool // the messages are responses (T1)
	count    int
	unmarked bool // the server does not say which message is the last one
	last     infer.Head
	failed   *infer.Error // the last message's
}

// outcome is how the answer ended: with the stream's error, or with the model's.
func (r *replies) outcome(err error) error {
	if err != nil || r.failed == nil {
		return err
	}
	return r.failed
}

// take hands a message on. It takes buffers over.
func (r *replies) take(frame *infer.Frame, origin string) error {
	reply, err := r.parse(frame)
	if err != nil {
		return infer.At(origin+": its answer", err)
	}
	if reply.Response != nil {
		if err := r.errand.check(reply.Response); err != nil {
			reply.Response.Free()
			return infer.At(origin, err)
		}
	}
	r.count++
	r.failed = reply.Err
	if reply.Err != nil {
		reply.Err = &infer.Error{Code: reply.Err.Code, Origin: origin, Reason: clean(reply.Err.Reason)}
		return r.yield(reply)
	}
	if reply.Response, err = r.errand.answer(reply.Response); err != nil {
		return infer.At(origin, err)
	}
	reply.Response = r.marked(reply.Response)
	return r.yield(reply)
}

func (r *replies) parse(frame *infer.Frame) (infer.Reply, error) {
	if !r.bare {
		return infer.ParseStreamResponse(frame.Buffers)
	}
	response, err := infer.ParseResponse(frame.Buffers)
	return infer.Reply{Response: response}, err
}

// marked is a response that says whether it is the last one. Of servers that do not say, nobody knows before the stream ends.
func (r *replies) marked(response *infer.Response) *infer.Response {
	parameters, err := response.Parameters()
	if _, said := parameters.Lookup(infer.FinalResponse); said || err != nil {
		return response
	}
	r.unmarked = true
	r.last = infer.Head{ModelName: response.ModelName(), ModelVersion: response.ModelVersion(), ID: response.ID()}
	return response.Final(false)
}

// finish tells that the answer is complete, when the server did not and the client wants to know.
func (r *replies) finish(req *infer.Request) error {
	if !req.WantsEmptyFinal() || !r.unmarked && r.count > 0 {
		return nil
	}
	if r.count == 0 {
		r.last = infer.Head{ModelName: req.ModelName(), ID: req.ID()}
	}
	r.last.Parameters = infer.Parameters{{Key: infer.FinalResponse, Value: true}}
	return r.yield(infer.Reply{Response: infer.NewResponse(r.last, nil)})
}
