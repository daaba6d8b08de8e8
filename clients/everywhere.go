package clients

import (
	"context"
	"sync"
)

// answered is what one replica answered.
type answered[T any] struct {
	value T
	err   error
}

// everywhere asks every replica at the same time, and returns what they answered in the order of the targets.
func everywhere[T any](ctx context.Context, s *Server, ask func(context.Context, *replica) (T, error)) []answered[T] {
	all := make([]answered[T], len(s.pool.replicas))
	var asking sync.WaitGroup
	for i, r := range s.pool.replicas {
		asking.Go(func() { all[i].value, all[i].err = ask(ctx, r) })
	}
	asking.Wait()
	return all
}
