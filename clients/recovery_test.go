package clients_test

import (
	"context"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/clients"
	"github.com/manifold-serving/manifold/internal/units"
)

func TestNothingIsDialledBeforeTheFirstCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var n network
		n.open(t, clients.Options{Targets: []string{"gone:1"}})
		synctest.Wait()
		if dials := n.dialled("gone:1"); dials != 0 {
			t.Errorf("%d dials", dials)
		}
	})
}

func TestServerThatIsGoneFailsFast(t *testing.T) {
	t.Parallel()
	const refused = "connect: connection refused"
	synctest.Test(t, func(t *testing.T) {
		var n network
		s := n.open(t, clients.Options{Targets: []string{"gone:1"}})
		start := time.Now()
		wantError(t, call(t.Context(), t, s.Model("m")), codes.Unavailable, "upstream vision (gone:1): no connection within 1s: "+refused)
		if waited := time.Since(start); waited != time.Second {
			t.Errorf("the first call waited %s, want 1s", waited)
		}
		start = time.Now()
		wantError(t, call(t.Context(), t, s.Model("m")), codes.Unavailable, "upstream vision (gone:1): "+refused)
		if waited := time.Since(start); waited != 0 {
			t.Errorf("a call to a server known to be gone waited %s", waited)
		}
		if state := s.State().Endpoints[0].State.State; state != "unreachable" {
			t.Errorf("the target is %s", state)
		}
	})
}

func TestWaitIsAQuarterOfTheDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var n network
		s := n.open(t, clients.Options{Targets: []string{"gone:1"}})
		ctx, cancel := context.WithTimeout(t.Context(), 400*time.Millisecond)
		defer cancel()
		start := time.Now()
		wantError(t, call(ctx, t, s.Model("m")), codes.Unavailable, "upstream vision (gone:1): no connection within 100ms: connect: connection refused")
		if waited := time.Since(start); waited != 100*time.Millisecond {
			t.Errorf("waited %s", waited)
		}
	})
}

func TestRestartIsWaitedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var n network
		f := &fake{}
		s := n.open(t, clients.Options{Targets: []string{"vision:1"}})
		stop := n.serve("vision:1", f)
		defer func() { stop() }()
		if err := call(t.Context(), t, s.Model("m")); err != nil {
			t.Fatal(err)
		}
		for range 3 { // the outage before does not count against this one
			stop()
			synctest.Wait()
			brief, cancel := context.WithTimeout(t.Context(), 40*time.Millisecond)
			if err := call(brief, t, s.Model("m")); err == nil {
				t.Error("who answered?")
			}
			cancel()
			again := make(chan func(), 1)
			time.AfterFunc(300*time.Millisecond, func() { again <- n.serve("vision:1", f) })
			start := time.Now()
			if err := call(t.Context(), t, s.Model("m")); err != nil {
				t.Fatalf("down for 300ms: %v", err)
			}
			if waited := time.Since(start); waited > time.Second {
				t.Errorf("a server that was down for 300ms was waited for %s", waited)
			}
			stop = <-again
		}
	})
}

func TestOutageThatEndedUnseenDoesNotCount(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var n network
		f := &fake{}
		s := n.open(t, clients.Options{Targets: []string{"vision:1"}, Connections: 1})
		if err := call(t.Context(), t, s.Model("m")); err == nil {
			t.Error("who answered?")
		}
		stop := n.serve("vision:1", f)
		time.Sleep(3 * time.Second) // the connection comes back by itself
		stop()
		synctest.Wait()
		brief, cancel := context.WithTimeout(t.Context(), 40*time.Millisecond)
		defer cancel()
		wantError(t, call(brief, t, s.Model("m")), codes.Unavailable, "upstream vision (vision:1): no connection within 10ms: connect: connection refused")
	})
}

func TestServerThatCameBackIsFoundWithinTheBackoff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var n network
		s := n.open(t, clients.Options{Targets: []string{"vision:1"}, Connections: 1})
		_ = call(t.Context(), t, s.Model("m"))
		time.Sleep(time.Minute)
		if dials := n.dialled("vision:1"); dials < 25 || dials > 50 {
			t.Errorf("%d dials in a minute, want one in about 2s", dials)
		}
		defer n.serve("vision:1", &fake{})()
		time.Sleep(2400 * time.Millisecond) // the cap of 2s and its jitter
		if err := call(t.Context(), t, s.Model("m")); err != nil {
			t.Error(err)
		}
	})
}

func TestCancelWhileWaitingForAConnection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var n network
		s := n.open(t, clients.Options{Targets: []string{"gone:1"}})
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(20*time.Millisecond, cancel)
		start := time.Now()
		wantError(t, call(ctx, t, s.Model("m")), codes.Canceled, "upstream vision (gone:1): the call was cancelled")
		if waited := time.Since(start); waited != 20*time.Millisecond {
			t.Errorf("waited %s", waited)
		}
	})
}

func TestGracefulRestartsLoseNothing(t *testing.T) {
	t.Parallel()
	path := socket(t)
	f := &fake{}
	s := open(t, clients.Options{Targets: []string{"unix:" + path}, ConnectTimeout: units.Duration(time.Minute)})
	for range 20 {
		listener, err := net.Listen("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		_, drain := f.serveOn(listener)
		for range 5 {
			if err := call(t.Context(), t, s.Model("m")); err != nil {
				t.Error(err)
			}
		}
		drain()
	}
}
