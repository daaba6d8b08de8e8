package server

import (
	"context"
	"sync"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/infer"
)

// readiness is whether new requests should come here. Its two events come in this order, each once.
type readiness struct {
	catalog  Catalog
	draining chan struct{} // closed: not ready any more, but serving
	stopping chan struct{} // closed: long streams shall end
	drain    func()
	stop     func()
}

func newReadiness(catalog Catalog) *readiness {
	r := &readiness{catalog: catalog, draining: make(chan struct{}), stopping: make(chan struct{})}
	r.drain = sync.OnceFunc(func() { close(r.draining) })
	r.stop = sync.OnceFunc(func() { close(r.stopping) })
	return r
}

func (r *readiness) isDraining() bool {
	select {
	case <-r.draining:
		return true
	default:
		return false
	}
}

// check is nil, or UNAVAILABLE and why.
func (r *readiness) check(ctx context.Context) error {
	if r.isDraining() {
		return infer.Errorf(codes.Unavailable, "the server is not ready: it is shutting down")
	}
	if err := r.catalog.Ready(ctx); err != nil {
		return &infer.Error{Code: codes.Unavailable, Reason: "the server is not ready: " + infer.AsError(err).Error(), Cause: err}
	}
	return nil
}
