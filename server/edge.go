package server

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"

	"google.golang.org/grpc"
)

// edge is one listener and what serves it.
type edge struct {
	name     string // as in Listeners
	address  string
	listener net.Listener
	serve    func(net.Listener) error                 // nil after a shutdown
	shutdown func(ctx context.Context) (drained bool) // waits for calls in flight, and cuts them off when ctx is done
}

// lastWait is for handlers that were cut off to notice it.
const lastWait = time.Second

// grpcEdge makes the server when it is needed: one has goroutines from its first moment on.
func grpcEdge(address string, create func() *grpc.Server) *edge {
	server := sync.OnceValue(create)
	return &edge{
		name:    "grpc",
		address: address,
		serve:   func(l net.Listener) error { return server().Serve(l) },
		shutdown: func(ctx context.Context) bool {
			s := server()
			done := make(chan struct{})
			go func() {
				defer close(done)
				s.GracefulStop()
			}()
			select {
			case <-done:
				return true
			case <-ctx.Done():
			}
			s.Stop()
			select {
			case <-done:
			case <-time.After(lastWait): // a handler that does not look at its context
			}
			return false
		},
	}
}

func httpEdge(name, address string, s *http.Server) *edge {
	return &edge{
		name:    name,
		address: address,
		serve: func(l net.Listener) error {
			if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
				return err
			}
			return nil
		},
		shutdown: func(ctx context.Context) bool {
			if s.Shutdown(ctx) == nil {
				return true
			}
			_ = s.Close() // of listeners that are closed already
			return false
		},
	}
}
