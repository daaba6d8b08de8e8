package server

import (
	"context"
	"errors"
	"io"
	"maps"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	"github.com/manifold-serving/manifold/infer"
)

const modelStreamInfer = "ModelStreamInfer"

// grpcErrors is the metadata by which a client asks for the first error of a model to end the stream with a status. It goes no
// further: a Triton may die of it. Source: Triton, "gRPC Status Codes"; appendix C of the protocol page.
const grpcErrors = "triton_grpc_error"

// serveStream answers ModelStreamInfer. Each message of the client is a request of its own; see [streamed].
func (i *inference) serveStream(_ any, stream grpc.ServerStream) error {
	share := charge{budget: i.budget}
	if err := share.grow(min(int64(unreadBytes), i.budget.limit)); err != nil {
		return err
	}
	defer share.release()
	ctx, cancel := context.WithCancelCause(stream.Context())
	m := &multiplex{
		inference: i,
		stream:    stream,
		arrivals:  make(chan arrival),
		slots:     make(chan struct{}, i.requests),
		sequences: map[sequenceKey]*queue{},
		decoupled: map[modelKey]bool{},
		end:       cancel,
	}
	if asked := metadata.ValueFromIncomingContext(ctx, grpcErrors); len(asked) > 0 && asked[0] == "true" {
		m.statuses = true
	}
	defer func() {
		cancel(nil)
		m.running.Wait()
		callOf(ctx).sent = m.sent
	}()
	go m.read(ctx)
	return m.run(ctx)
}

// multiplex is one ModelStreamInfer: requests go in one behind the other, and are answered at the same time. Requests to ordinary
// models are answered in their order, those to decoupled models as their responses come. Source: Triton, "Decoupled Backends
// and Models".
//
// A request in flight holds at most one response, because a model is not asked for the next while the client does not read. So a
// stream holds inference.requests messages at most each way.
type multiplex struct {
	inference *inference
	stream    grpc.ServerStream
	statuses  bool // the first error of a model ends the stream
	end       context.CancelCauseFunc
	arrivals  chan arrival
	slots     chan struct{} // one taken for each request in flight
	running   sync.WaitGroup

	// Of run alone.
	order     queue // of requests to ordinary models
	sequences map[sequenceKey]*queue
	decoupled map[modelKey]bool

	sending sync.Mutex
	sent    int // bytes
}

type modelKey struct{ name, version string }

// sequenceKey is a sequence of a model; its id is a string or an int64.
type sequenceKey struct {
	model string
	id    any
}

// arrival is what the client sent: a message, or its end.
type arrival struct {
	frame infer.Frame
	err   error
}

// read takes messages from the client while there are slots for them, which is what makes the client wait. It ends with ctx, or
// when grpc-go lets go of the stream.
func (m *multiplex) read(ctx context.Context) {
	for {
		select {
		case m.slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		var a arrival
		a.err = m.stream.RecvMsg(&a.frame)
		select {
		case m.arrivals <- a:
		case <-ctx.Done():
			a.frame.Buffers.Free()
			return
		}
		if a.err != nil {
			return
		}
	}
}

// run begins requests until the client has no more, or the gateway stops; then it waits for those in flight.
func (m *multiplex) run(ctx context.Context) error {
	for {
		select {
		case a := <-m.arrivals:
			switch {
			case errors.Is(a.err, io.EOF):
				return m.finish(ctx, nil)
			case a.err != nil:
				a.frame.Buffers.Free()
				return a.err
			}
			callOf(ctx).received += a.frame.Buffers.Len()
			m.begin(ctx, a.frame)
		case <-m.inference.stopping:
			return m.finish(ctx, infer.Errorf(codes.Unavailable, "the server is shutting down; it has answered what it took on"))
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// finish waits for the requests in flight. Its error is err, unless the stream broke meanwhile.
func (m *multiplex) finish(ctx context.Context, err error) error {
	m.running.Wait()
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

// begin takes a request on: it has a place among the others from here on.
func (m *multiplex) begin(ctx context.Context, frame infer.Frame) {
	outer := callOf(ctx)
	s := &streamed{
		multiplex: m,
		call:      call{id: outer.id, protocol: outer.protocol, method: outer.method, streamed: true, received: frame.Buffers.Len()},
		share:     charge{budget: m.inference.budget},
	}
	ctx = withCall(ctx, &s.call)
	s.req, s.fault = s.take(frame)
	if s.fault == nil {
		s.model, s.fault = m.inference.find(ctx, s.req.ModelName(), s.req.ModelVersion())
	}
	if s.fault == nil {
		s.fault = m.inference.checkRequest(ctx, s.req)
	}
	if s.fault == nil {
		s.decoupled = m.isDecoupled(ctx, s)
		s.sequence = m.sequenceOf(s.req)
	} else {
		s.refuse()
	}
	if !s.decoupled {
		s.place = m.order.join()
	}
	m.running.Go(func() { s.run(ctx) })
}

// maxDecoupled bounds what a stream remembers: clients name the versions, and some servers answer to any.
const maxDecoupled = 1024

// isDecoupled asks for a model's configuration once a stream; a model that has none to tell answers once. So does one that cannot be
// asked now, which the next request asks again.
func (m *multiplex) isDecoupled(ctx context.Context, s *streamed) bool {
	key := modelKey{s.req.ModelName(), s.req.ModelVersion()}
	if known, ok := m.decoupled[key]; ok {
		return known
	}
	config, err := s.model.Config(ctx)
	switch infer.CodeOf(err) {
	case codes.Unavailable, codes.DeadlineExceeded, codes.ResourceExhausted, codes.Canceled:
		return false
	}
	if len(m.decoupled) == maxDecoupled {
		clear(m.decoupled)
	}
	known := err == nil && config.GetModelTransactionPolicy().GetDecoupled()
	m.decoupled[key] = known
	return known
}

// sequenceOf is the request's turn in its sequence; without one it is its turn at once. Source: Triton, "Sequence Extension".
func (m *multiplex) sequenceOf(req *infer.Request) turn {
	parameters, err := req.Parameters()
	if err != nil {
		return turn{}
	}
	id, ok := parameters.Lookup("sequence_id")
	if !ok || id == int64(0) || id == "" {
		return turn{}
	}
	maps.DeleteFunc(m.sequences, func(_ sequenceKey, q *queue) bool { return q.empty() })
	key := sequenceKey{req.ModelName(), id}
	if m.sequences[key] == nil {
		m.sequences[key] = &queue{}
	}
	return m.sequences[key].join()
}

// send writes a message. grpc-go takes one at a time, and waits for the client to read.
func (m *multiplex) send(r infer.Reply) error {
	m.sending.Lock()
	defer m.sending.Unlock()
	frame := &infer.Frame{Buffers: r.MarshalStream()}
	m.sent += frame.Buffers.Len()
	return m.stream.SendMsg(frame)
}
