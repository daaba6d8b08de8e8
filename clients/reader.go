package clients

import (
	"context"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/status"

	"github.com/manifold-serving/manifold/infer"
)

// reader reads a stream in a goroutine of its own, so that whoever waits for its messages can leave before the stream ends.
type reader struct {
	stream   grpc.ClientStream
	reset    context.CancelFunc
	messages chan message
	left     chan struct{} // closed when nobody waits any more
	over     chan struct{} // closed when the stream has ended
	pause    time.Duration // these are set before left is closed, or not at all
	quiet    *time.Timer
	limit    *time.Timer
}

// message is what came of a stream: a frame, or its end.
type message struct {
	frame infer.Frame
	err   error
}

// read starts reading. over is called with how the stream has ended, io.EOF at best.
func read(stream grpc.ClientStream, reset context.CancelFunc, over func(error)) *reader {
	r := &reader{stream: stream, reset: reset, messages: make(chan message), left: make(chan struct{}), over: make(chan struct{})}
	go func() {
		defer close(r.over)
		r.run(over)
	}()
	return r
}

func (r *reader) run(over func(error)) {
	for {
		var m message
		m.err = r.stream.RecvMsg(&m.frame)
		select {
		case r.messages <- m:
		case <-r.left:
			r.drop(m)
		}
		if m.err != nil {
			over(m.err)
			return
		}
	}
}

// wait returns the next frame, which the caller frees, or the stream's end: an error of gRPC, or that of ctx as one.
func (r *reader) wait(ctx context.Context) (infer.Frame, error) {
	select {
	case m := <-r.messages:
		if m.err != nil {
			m.frame.Buffers.Free()
			<-r.over
			return infer.Frame{}, m.err
		}
		return m.frame, nil
	case <-ctx.Done():
		return infer.Frame{}, status.FromContextError(ctx.Err()).Err()
	}
}

// leave resets the stream: at once and waiting for its end, or, with a pause, some time after it returns. Then what comes is dropped
// until nothing has come for a pause, or for longestFarewell.
func (r *reader) leave(pause time.Duration) {
	select {
	case <-r.over:
		return
	default:
	}
	if pause == 0 {
		r.reset()
		close(r.left)
		<-r.over
		return
	}
	r.pause = pause
	r.quiet = time.AfterFunc(pause, r.reset)
	r.limit = time.AfterFunc(longestFarewell, r.reset)
	close(r.left)
}

// drop is what becomes of a message that nobody waits for.
func (r *reader) drop(m message) {
	m.frame.Buffers.Free()
	switch {
	case r.quiet == nil:
	case m.err != nil:
		r.quiet.Stop()
		r.limit.Stop()
	default:
		r.quiet.Reset(r.pause)
	}
}

// longestFarewell is when an answer that does not pause is cut off.
const longestFarewell = 10 * time.Second

// pauseBefore is how long a stream has to be quiet before it may be reset. A Triton dies of a stream that is reset while it writes to
// it: 2.51 with a decoupled model that answers without a pause, within some hundred such streams, and on a busy machine also after
// pauses of 5 ms.
func pauseBefore(d Dialect) time.Duration {
	if d == Triton {
		return 250 * time.Millisecond
	}
	return 0
}
