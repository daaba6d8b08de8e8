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

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"
	"google.golang.org/grpc/status"

	"github.com/manifold-serving/manifold/clients"
	"github.com/manifold-serving/manifold/infer"
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
		s := n.open(t, clients.Options{Targets: []string{"gone:1", "up:1"}})
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
	for count := map[string]int{}; len(count) < 3; { // connections come up beside the calls
		count = p.hold(t, s, 9)
	}
	if diff := cmp.Diff([]int{3, 3, 3}, slices.Sorted(maps.Values(p.hold(t, s, 9)))); diff != "" {
		t.Errorf("calls by connection (-want +got):\n%s", diff)
	}
	if got := s.State()[0].InFlight; got != 0 {
		t.Errorf("%d calls in flight after all ended", got)
	}
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
		if got := s.State()[0].InFlight; got != i+1 {
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

// names makes dns:/// stand for those addresses.
func names(addresses ...string) clients.Option {
	builder := manual.NewBuilderWithScheme("dns")
	var state resolver.State
	for _, address := range addresses {
		state.Endpoints = append(state.Endpoints, resolver.Endpoint{Addresses: []resolver.Address{{Addr: address}}})
	}
	builder.InitialState(state)
	return clients.WithDialOptions(grpc.WithResolvers(builder))
}

func TestDNSNameOfManyAddresses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var n network
		refuse := func(context.Context, []byte) ([]byte, error) {
			return nil, status.Error(codes.NotFound, "no such model")
		}
		one, two := &fake{infer: refuse}, &fake{infer: refuse}
		defer n.serve("10.0.0.1:1", one)()
		defer n.serve("10.0.0.2:1", two)()
		s := open(t, clients.Options{Targets: []string{"dns:///vision:1"}, Connections: 1},
			names("10.0.0.1:1", "10.0.0.2:1", "10.0.0.3:1"), clients.WithDialOptions(grpc.WithContextDialer(n.dial)))
		_ = call(t.Context(), t, s.Model("m"))
		synctest.Wait() // until each address was tried
		for range 9 {
			if err := call(t.Context(), t, s.Model("m")); infer.CodeOf(err) != codes.NotFound {
				t.Error(err)
			}
		}
		if a, b := one.infers.Load(), two.infers.Load(); a < 4 || b < 4 || a+b != 10 {
			t.Errorf("%d and %d of 10 calls", a, b)
		}
	})
}

func TestErrorsNameTheAddressBehindADNSName(t *testing.T) {
	t.Parallel()
	f := &fake{infer: func(context.Context, []byte) ([]byte, error) {
		return nil, status.Error(codes.NotFound, "no such model")
	}}
	address := f.start(t)
	s := open(t, clients.Options{Targets: []string{"dns:///vision:1"}}, names(address))
	wantError(t, call(t.Context(), t, s.Model("m")), codes.NotFound, "upstream vision ("+address+"): no such model")
}
