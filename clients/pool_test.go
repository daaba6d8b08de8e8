package clients_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/peer"

	"github.com/manifold-serving/manifold/clients"
)

func TestRoundRobinAmongTargets(t *testing.T) {
	t.Parallel()
	var servers [3]fake
	var o clients.Options
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
		s := n.open(t, clients.Options{Targets: []string{"gone:1", "up:1"}, Connections: 1})
		if err := call(t.Context(), t, s.Model("m")); err == nil {
			t.Error("the first call has nowhere else to go; who answered?")
		}
		for range 10 {
			if err := call(t.Context(), t, s.Model("m")); err != nil {
				t.Error(err)
			}
		}
		want := []clients.ReplicaState{{Target: "gone:1", State: "unreachable"}, {Target: "up:1", State: "ready"}}
		if diff := cmp.Diff(want, s.State()); diff != "" {
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
	var calls sync.WaitGroup
	count := map[string]int{}
	for i := range 9 {
		calls.Go(func() {
			if err := call(t.Context(), t, s.Model("m")); err != nil {
				t.Error(err)
			}
		})
		count[<-p.arrived]++
		if got := s.State()[0].InFlight; got != i+1 {
			t.Errorf("%d calls in flight, want %d", got, i+1)
		}
	}
	close(p.release)
	calls.Wait()
	var spread []int
	for _, n := range count {
		spread = append(spread, n)
	}
	slices.Sort(spread)
	if diff := cmp.Diff([]int{3, 3, 3}, spread); diff != "" {
		t.Errorf("calls by connection (-want +got):\n%s", diff)
	}
	if got := s.State()[0].InFlight; got != 0 {
		t.Errorf("%d calls in flight after all ended", got)
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
	address := f.start(t)
	s := open(t, clients.Options{Targets: []string{"dns:///" + address}})
	if err := call(t.Context(), t, s.Model("m")); err != nil {
		t.Error(err)
	}
}
