package clients_test

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/status"

	"github.com/manifold-serving/manifold/clients"
	"github.com/manifold-serving/manifold/infer"
)

// takes is a model that takes so long.
func takes(d time.Duration) func(context.Context, []byte) ([]byte, error) {
	return func(ctx context.Context, _ []byte) ([]byte, error) {
		select {
		case <-time.After(d):
			return nil, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// busy has that many callers call one after another for a while, and returns how many calls were answered.
func busy(t *testing.T, s *clients.Server, callers int, d time.Duration) int {
	t.Helper()
	var answered atomic.Int64
	var calling sync.WaitGroup
	end := time.Now().Add(d)
	for range callers {
		calling.Go(func() {
			for time.Now().Before(end) {
				if err := call(t.Context(), t, s.Model("m")); err != nil {
					t.Error(err)
					return
				}
				answered.Add(1)
			}
		})
	}
	calling.Wait()
	return int(answered.Load())
}

// TestU13ConnectionsGrowWhileCallsWaitForStreams: a server that allows one call on a connection is called over as many as there may be, and
// loses those that it does not need.
func TestU13ConnectionsGrowWhileCallsWaitForStreams(t *testing.T) {
	t.Parallel()
	for _, took := range []time.Duration{10 * time.Millisecond, time.Second} {
		synctest.Test(t, func(t *testing.T) {
			n := &network{}
			defer n.serve("vision:1", &fake{infer: takes(took)}, grpc.MaxConcurrentStreams(1))()
			s := n.open(t, clients.Options{Targets: []string{"vision:1"}, MaxConnections: 5})
			busy(t, s, 16, 100*took)
			if up := s.State().Connections["vision:1"]; up != 5 {
				t.Errorf("%s: %d connections", took, up)
			}
			got, want := busy(t, s, 16, 100*took), 5*100
			if got < want*9/10 {
				t.Errorf("%s: %d calls, want nearly %d", took, got, want)
			}
			for range 180 {
				time.Sleep(time.Second)
				busy(t, s, 1, time.Millisecond)
			}
			if up := s.State().Connections["vision:1"]; up != 2 {
				t.Errorf("%s: %d connections are left", took, up)
			}
		})
	}
}

// TestConnectionsDoNotGrowForCallsThatAreOnlyMany: streams are there for all.
func TestConnectionsDoNotGrowForCallsThatAreOnlyMany(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := &network{}
		defer n.serve("vision:1", &fake{infer: takes(20 * time.Millisecond)})()
		s := n.open(t, clients.Options{Targets: []string{"vision:1"}})
		busy(t, s, 50, 500*time.Millisecond)
		if up := s.State().Connections["vision:1"]; up != 2 {
			t.Errorf("%d connections", up)
		}
	})
}

// TestU13ConnectionsGrowForCallsThatTakeLong, of which none has ended yet.
func TestU13ConnectionsGrowForCallsThatTakeLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := &network{}
		defer n.serve("vision:1", &fake{infer: takes(time.Minute)}, grpc.MaxConcurrentStreams(1))()
		s := n.open(t, clients.Options{Targets: []string{"vision:1"}, MaxConnections: 5})
		ctx, cancel := context.WithCancel(t.Context())
		var calling sync.WaitGroup
		for range 16 {
			calling.Go(func() { _ = call(ctx, t, s.Model("m")) })
			time.Sleep(100 * time.Millisecond)
		}
		if up := s.State().Connections["vision:1"]; up != 5 {
			t.Errorf("%d connections", up)
		}
		cancel()
		calling.Wait()
	})
}

// TestU6OnlyTheFirstConnectionIsDialled, when others were on their way as the server was lost.
func TestU6OnlyTheFirstConnectionIsDialled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := &network{}
		stop := n.serve("vision:1", &fake{infer: takes(20 * time.Millisecond)})
		var dials atomic.Int32
		dialer := grpc.WithContextDialer(func(ctx context.Context, address string) (net.Conn, error) {
			if dials.Add(1) > 1 {
				return nil, errRefused
			}
			return n.dial(ctx, address)
		})
		s := open(t, clients.Options{Targets: []string{"vision:1"}, Connections: 4}, clients.WithDialOptions(dialer))
		busy(t, s, 16, time.Second)
		stop()
		for range 100 {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
			_ = call(ctx, t, s.Model("m"))
			cancel()
		}
		dials.Store(1)
		time.Sleep(time.Minute)
		if made := dials.Load() - 1; made < 25 || made > 50 {
			t.Errorf("%d dials in a minute, want one in 1.6s", made)
		}
	})
}

// TestU6OneConnectionIsDialledWhileAServerIsDown, however many there were.
func TestU6OneConnectionIsDialledWhileAServerIsDown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := &network{}
		f := &fake{infer: takes(20 * time.Millisecond)}
		stop := n.serve("vision:1", f)
		s := n.open(t, clients.Options{Targets: []string{"vision:1"}, Connections: 4})
		busy(t, s, 16, time.Second)
		if up := s.State().Connections["vision:1"]; up != 4 {
			t.Errorf("%d connections", up)
		}
		stop()
		before := n.dialled("vision:1")
		for range 600 {
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			_ = call(ctx, t, s.Model("m"))
			cancel()
			time.Sleep(100 * time.Millisecond)
		}
		if dials := n.dialled("vision:1") - before; dials > 2*60 || dials < 20 {
			t.Errorf("%d dials in a minute", dials)
		}
		stop = n.serve("vision:1", f)
		defer stop()
		back := time.Now()
		for call(t.Context(), t, s.Model("m")) != nil {
			time.Sleep(10 * time.Millisecond)
		}
		if took := time.Since(back); took > 2*time.Second {
			t.Errorf("the server was found %s after it came back", took)
		}
	})
}

// TestU8ConnectionsThatAreCalledBackLoseNothing: a server ends every connection after a second, and the calls on it soon after.
func TestU8ConnectionsThatAreCalledBackLoseNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := &network{}
		age := grpc.KeepaliveParams(keepalive.ServerParameters{MaxConnectionAge: time.Second, MaxConnectionAgeGrace: 100 * time.Millisecond})
		o := clients.Options{}
		for _, address := range []string{"a:1", "b:1", "c:1"} {
			defer n.serve(address, &fake{infer: takes(10 * time.Millisecond)}, age)()
			o.Targets = append(o.Targets, address)
		}
		s := n.open(t, o)
		if calls := busy(t, s, 8, 6*time.Second); calls < 4_000 {
			t.Errorf("%d calls", calls)
		}
		if made := n.dialled("a:1") + n.dialled("b:1") + n.dialled("c:1"); made < 12 {
			t.Errorf("%d connections were made: nothing was proved", made)
		}
	})
}

// TestU1CallGoesElsewhereWhenItsServerIsLost, at whatever moment.
func TestU1CallGoesElsewhereWhenItsServerIsLost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := &network{}
		var stops []func()
		o := clients.Options{}
		for _, address := range []string{"a:1", "b:1", "c:1"} {
			stops = append(stops, n.serve(address, &fake{infer: takes(10 * time.Millisecond)}))
			o.Targets = append(o.Targets, address)
		}
		s := n.open(t, o)
		busy(t, s, 8, time.Second)
		time.AfterFunc(505*time.Millisecond, stops[0])
		busy(t, s, 8, 3*time.Second)
		stops[1]()
		stops[2]()
	})
}

// TestEndpointThatRefusesIsPassedOver: what one endpoint says of itself is no answer while another has one.
func TestEndpointThatRefusesIsPassedOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := &network{}
		refuses := &fake{infer: func(context.Context, []byte) ([]byte, error) {
			return nil, status.Error(codes.Unavailable, "model is not ready")
		}}
		defer n.serve("a:1", refuses)()
		defer n.serve("b:1", &fake{})()
		s := n.open(t, clients.Options{Targets: []string{"a:1", "b:1"}})
		for range 100 {
			if err := call(t.Context(), t, s.Model("m")); err != nil {
				t.Error(err)
			}
			time.Sleep(50 * time.Millisecond)
		}
		if tried := refuses.infers.Load(); tried == 0 || tried > 20 {
			t.Errorf("it was called %d times", tried)
		}
	})
}

func TestC2NothingIsSentAfterTheDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := &network{}
		f := &fake{infer: func(ctx context.Context, _ []byte) ([]byte, error) {
			if deadline, ok := ctx.Deadline(); !ok || time.Until(deadline) > time.Second {
				t.Error("the deadline did not come along")
			}
			<-ctx.Done()
			return nil, status.Error(codes.Unavailable, "too late")
		}}
		defer n.serve("a:1", f)()
		defer n.serve("b:1", f)()
		s := n.open(t, clients.Options{Targets: []string{"a:1", "b:1"}})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := call(ctx, t, s.Model("m"))
		if infer.CodeOf(err) != codes.DeadlineExceeded {
			t.Error(err)
		}
		sent := f.infers.Load()
		_ = call(ctx, t, s.Model("m"))
		time.Sleep(time.Minute)
		if f.infers.Load() != sent {
			t.Error("a call was sent after its deadline")
		}
	})
}
