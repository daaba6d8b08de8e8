package clients_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	"github.com/manifold-serving/manifold/clients"
	"github.com/manifold-serving/manifold/infer"
)

// TestU10TrailersAreBounded: what a server says in them takes no memory beyond the bound, and other calls are none the worse.
func TestU10TrailersAreBounded(t *testing.T) {
	t.Parallel()
	var floods atomic.Bool
	f := &fake{infer: func(ctx context.Context, _ []byte) ([]byte, error) {
		if floods.Load() {
			return nil, grpc.SetTrailer(ctx, metadata.Pairs("x", strings.Repeat("x", 1<<20)))
		}
		return nil, nil
	}}
	s := connect(t, f, clients.Options{})
	for range 3 {
		floods.Store(true)
		if err := call(t.Context(), t, s.Model("m")); infer.CodeOf(err) != codes.Internal {
			t.Errorf("a trailer of 1 MiB: %v", err)
		}
		floods.Store(false)
		if err := call(t.Context(), t, s.Model("m")); err != nil {
			t.Error(err)
		}
	}
}
