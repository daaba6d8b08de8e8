package clients

import (
	"context"
	"sync"

	"google.golang.org/grpc"

	"github.com/manifold-serving/manifold/clients/balance"
)

// answered is what one endpoint answered.
type answered[T any] struct {
	value T
	err   error
}

// everywhere asks every endpoint at the same time, and returns what they answered in the order that they have: one at least. The error
// says that there is none to ask.
func everywhere[T any](
	ctx context.Context, s *Server, ask func(context.Context, *balance.Endpoint[*link]) (T, error),
) ([]answered[T], error) {
	endpoints, err := s.fleet.Endpoints(ctx)
	if err != nil {
		return nil, s.own(err)
	}
	if len(endpoints) == 0 {
		return nil, s.unavailable("", balance.ErrNowhere)
	}
	all := make([]answered[T], len(endpoints))
	var asking sync.WaitGroup
	for i, e := range endpoints {
		asking.Go(func() { all[i].value, all[i].err = ask(ctx, e) })
	}
	asking.Wait()
	return all, nil
}

// invokeAt makes a unary RPC at one endpoint, whatever its state.
func (s *Server) invokeAt(
	ctx context.Context, e *balance.Endpoint[*link], method string, request, reply any, options ...grpc.CallOption,
) error {
	if err := ctx.Err(); err != nil {
		return s.contextFault(err, "")
	}
	lease, err := s.fleet.At(e)
	if err != nil {
		return s.own(err)
	}
	ctx, cancel := s.options.Bounded(ctx)
	defer cancel()
	outcome, err := s.invoke(ctx, cancel, e.Link, method, request, reply, options...).result()
	lease.Done(outcome)
	return err
}
