package clients

import (
	"context"
	"sync/atomic"

	"google.golang.org/grpc"

	"github.com/manifold-serving/manifold/clients/balance"
	"github.com/manifold-serving/manifold/clients/dispatch"
	"github.com/manifold-serving/manifold/clients/fleet"
	"github.com/manifold-serving/manifold/infer"
)

// told is what an endpoint answered to a question.
type told[T any] struct {
	reply *T
	way   trip
}

// ask asks one endpoint of the server, the best, a question that a unary RPC is, about a model or, when that is empty, about itself. T is a
// message, or infer.Frame, whose buffers the caller frees. The error is an *infer.Error, and
// the trip then that of an attempt.
func ask[T any](ctx context.Context, s *Server, model, method string, request any, options ...grpc.CallOption) (*T, trip, error) {
	ctx, cancel := s.options.Bounded(ctx)
	defer cancel()
	var failed atomic.Pointer[trip] // of an attempt
	answer, err := fleet.Ask(ctx, s.fleet, balance.Call{Model: model}, dispatch.Attempt[*link, told[T]]{
		Run: func(ctx context.Context, cancel context.CancelFunc, lease *balance.Lease[*link]) (told[T], *dispatch.Fault) {
			reply := new(T)
			c := s.invoke(ctx, cancel, lease.Endpoint.Link, method, request, reply, options...)
			lease.Done(c.outcome)
			if c.fault != nil {
				drop(reply)
				way := c.trip()
				failed.Store(&way)
				return told[T]{}, c.fault
			}
			return told[T]{reply, c.trip()}, nil
		},
		Drop: func(t told[T]) { drop(t.reply) },
	})
	if err != nil {
		if way := failed.Load(); way != nil {
			return new(T), *way, s.own(err)
		}
		return new(T), trip{}, s.own(err)
	}
	return answer.reply, answer.way, nil
}

// drop frees a reply.
func drop(reply any) {
	if frame, ok := reply.(*infer.Frame); ok {
		frame.Buffers.Free()
	}
}
