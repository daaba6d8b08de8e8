package clients_test

import (
	"context"
	"maps"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/peer"

	"github.com/manifold-serving/manifold/clients"
	"github.com/manifold-serving/manifold/clients/balance"
	"github.com/manifold-serving/manifold/clients/fleet"
)

func TestRoundRobinAmongTargets(t *testing.T) {
	t.Parallel()
	var servers [3]fake
	o := clients.Options{Policies: fleet.Policies{Balancing: balance.RoundRobin, SlowStart: -1}}
	for i := range servers {
		o.Targets = append(o.Targets, servers[i].start(t))
	}
	s := open(t, o)
	for range 12 {
		if err := call(t.Context(), t, s.Model("m")); err != nil {
			t.Fatal(err)
		}
	}
	for i := range servers {
		if n := servers[i].infers.Load(); n != 4 {
			t.Errorf("server %d answered %d of 12 calls", i, n)
		}
	}
}

func TestUnreachableTargetIsPassedOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var n network
		f := &fake{}
		defer n.serve("up:1", f)()
		s := n.open(t, clients.Options{Targets: []string{"gone:1", "up:1"}})
		start := time.Now()
		for range 10 {
			if err := call(t.Context(), t, s.Model("m")); err != nil {
				t.Error(err)
			}
		}
		if waited := time.Since(start); waited > 100*time.Millisecond {
			t.Errorf("waited %s for a connection that is not needed", waited)
		}
		got := map[string]string{}
		for _, e := range s.State().Endpoints {
			got[e.Address] = e.State.State
		}
		if diff := cmp.Diff(map[string]string{"gone:1": "unreachable", "up:1": "ready"}, got); diff != "" {
			t.Errorf("state (-want +got):\n%s", diff)
		}
	})
}

// peers is a server's infer that notes who calls and holds the calls until release is closed.
type peers struct {
	arrived chan string
	release chan struct{}
}

func (p *peers) infer(ctx context.Context, _ []byte) ([]byte, error) {
	from, _ := peer.FromContext(ctx)
	p.arrived <- from.Addr.String()
	select {
	case <-p.release:
	case <-ctx.Done():
	}
	return nil, nil
}

func TestLeastInFlightAmongConnections(t *testing.T) {
	t.Parallel()
	p := &peers{arrived: make(chan string, 9), release: make(chan struct{})}
	s := connect(t, &fake{infer: p.infer}, clients.Options{Connections: 3})
	for count := map[string]int{}; len(count) < 3; { // connections come up beside the calls
		count = p.hold(t, s, 9)
	}
	if diff := cmp.Diff([]int{3, 3, 3}, slices.Sorted(maps.Values(p.hold(t, s, 9)))); diff != "" {
		t.Errorf("calls by connection (-want +got):\n%s", diff)
	}
	if got := inflight(s); got != 0 {
		t.Errorf("%d calls in flight after all ended", got)
	}
}

// inflight is how many calls the endpoints have.
func inflight(s *clients.Server) (n int) {
	for _, e := range s.State().Endpoints {
		n += e.InFlight
	}
	return n
}

// hold keeps n calls going at once, and counts them by connection.
func (p *peers) hold(t *testing.T, s *clients.Server, n int) map[string]int {
	t.Helper()
	p.release = make(chan struct{})
	var calls sync.WaitGroup
	count := map[string]int{}
	for i := range n {
		calls.Go(func() {
			if err := call(t.Context(), t, s.Model("m")); err != nil {
				t.Error(err)
			}
		})
		count[<-p.arrived]++
		if got := inflight(s); got != i+1 {
			t.Errorf("%d calls in flight, want %d", got, i+1)
		}
	}
	close(p.release)
	calls.Wait()
	return count
}

// TestNoCallWaitsForAnotherConnection: only one connection ever comes up, and that is enough.
func TestNoCallWaitsForAnotherConnection(t *testing.T) {
	t.Parallel()
	p := &peers{arrived: make(chan string, 9)}
	f := &fake{infer: p.infer}
	address := f.start(t)
	var dials atomic.Int32
	dialer := grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
		if dials.Add(1) > 1 {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		var d net.Dialer
		return d.DialContext(ctx, "tcp", address)
	})
	s := open(t, clients.Options{Targets: []string{address}, Connections: 4}, clients.WithDialOptions(dialer))
	if count := p.hold(t, s, 9); len(count) != 1 {
		t.Errorf("calls by connection: %v", count)
	}
}

func TestOneCallAtATimeNeedsOneConnection(t *testing.T) {
	t.Parallel()
	p := &peers{arrived: make(chan string, 9), release: make(chan struct{})}
	close(p.release)
	s := connect(t, &fake{infer: p.infer}, clients.Options{})
	seen := map[string]bool{}
	for range 9 {
		if err := call(t.Context(), t, s.Model("m")); err != nil {
			t.Fatal(err)
		}
		seen[<-p.arrived] = true
	}
	if len(seen) != 1 {
		t.Errorf("%d connections", len(seen))
	}
}

func TestDNSName(t *testing.T) {
	t.Parallel()
	f := &fake{}
	s := open(t, clients.Options{Targets: []string{"dns:///" + f.start(t)}})
	if err := call(t.Context(), t, s.Model("m")); err != nil {
		t.Error(err)
	}
}
