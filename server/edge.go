package server

import (
	"context"
	"errors"
	"net"
	"net/http"
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

func grpcEdge(address string, s *grpc.Server) *edge {
	return &edge{
		name:    "grpc",
		address: address,
		serve:   s.Serve,
		shutdown: func(ctx context.Context) bool {
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
