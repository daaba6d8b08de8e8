package clients_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/clients"
)

func TestShutdownWaitsForCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var n network
		release := make(chan struct{})
		defer n.serve("vision:1", &fake{infer: func(context.Context, []byte) ([]byte, error) { <-release; return nil, nil }})()
		s := n.open(t, clients.Options{Targets: []string{"vision:1"}})
		answered, closed := make(chan error, 2), make(chan error, 1)
		ask := func() { answered <- call(t.Context(), t, s.Model("m")) }
		go ask()
		synctest.Wait()
		go func() { closed <- s.Shutdown(t.Context()) }()
		synctest.Wait()
		go ask() // it comes late, and is served
		synctest.Wait()
		select {
		case <-closed:
			t.Fatal("shutdown did not wait for the calls")
		default:
		}
		close(release)
		for range 2 {
			if err := <-answered; err != nil {
				t.Error(err)
			}
		}
		if err := <-closed; err != nil {
			t.Error(err)
		}
		wantError(t, call(t.Context(), t, s.Model("m")), codes.Unavailable,
			"upstream vision: it is closed; the configuration that named it was replaced")
		if n := s.State().Connections["vision:1"]; n != 0 {
			t.Errorf("%d connections", n)
		}
	})
}

func TestShutdownCutsCallsOff(t *testing.T) {
	t.Parallel()
	h := newHang()
	address := (&fake{infer: h.infer}).start(t)
	s := open(t, clients.Options{Targets: []string{address}})
	ctx, cancel := context.WithCancel(t.Context())
	closed := make(chan error, 1)
	go func() {
		<-h.began
		cancel()
		closed <- s.Shutdown(ctx)
	}()
	wantError(t, call(t.Context(), t, s.Model("m")), codes.Unavailable,
		"upstream vision ("+address+"): it is closed; the configuration that named it was replaced")
	if err := <-closed; !errors.Is(err, context.Canceled) {
		t.Errorf("shutdown: %v, want the context's error", err)
	}
	<-h.ended
	if err := s.Close(); err != nil {
		t.Errorf("closing again: %v", err)
	}
}
