package rest

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/manifold-serving/manifold/clients/balance"
)

// site is an address that can be down, and counts who comes.
type site struct {
	mu    sync.Mutex
	down  bool
	hole  bool // it does not answer at all
	dials []time.Time
}

var errRefused = errors.New("connection refused")

func (s *site) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	s.mu.Lock()
	s.dials = append(s.dials, time.Now())
	down, hole := s.down, s.hole
	s.mu.Unlock()
	switch {
	case hole:
		<-ctx.Done()
		return nil, ctx.Err()
	case down:
		return nil, errRefused
	}
	near, far := net.Pipe()
	_ = far.Close()
	return near, nil
}

func (s *site) set(down, hole bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down, s.hole = down, hole
}

// busiest is how many dials there were within a second, at most.
func (s *site) busiest() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	most := 0
	for i := range s.dials {
		n := 0
		for _, at := range s.dials[i:] {
			if at.Sub(s.dials[i]) < time.Second {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

func connectorTo(s *site) *connector {
	c := newConnector("10.0.0.1:80", time.Second, nil)
	c.network = s.dial
	return c
}

// call is what a call does that finds no idle connection.
func call(ctx context.Context, c *connector) error {
	if err := c.await(ctx); err != nil {
		return err
	}
	made, err := c.dial(ctx, "tcp", c.address)
	if err == nil {
		_ = made.Close()
	}
	return err
}

// However many calls there are: U6.
func TestU6AddressThatIsDownIsDialledTwiceASecond(t *testing.T) {
	t.Parallel()
	for name, hole := range map[string]bool{"refuses": false, "is silent": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &site{down: true, hole: hole}
				c := connectorTo(s)
				defer c.close()
				_ = call(t.Context(), c)
				var calls sync.WaitGroup
				for range 2000 {
					time.Sleep(5 * time.Millisecond)
					_ = c.standing() // as everyone does who chooses
					calls.Go(func() {
						if err := call(t.Context(), c); err == nil {
							t.Error("there is nobody, but it is connected")
						}
					})
				}
				calls.Wait()
				if n := s.busiest(); n > 2 {
					t.Errorf("%d dials within a second", n)
				}
				s.set(false, false)
				back := time.Now()
				for call(t.Context(), c) != nil {
					time.Sleep(time.Millisecond)
				}
				if d := time.Since(back); d > 2*time.Second {
					t.Errorf("reached %s after it was back", d)
				}
			})
		})
	}
}

// A call waits for a server that restarts, and does not wait for one that is gone.
func TestCallsWaitForTheEndOfAnOutageThatIsYoung(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &site{down: true}
		c := connectorTo(s)
		defer c.close()
		if err := call(t.Context(), c); !errors.Is(err, errRefused) {
			t.Fatalf("%v", err)
		}
		time.AfterFunc(300*time.Millisecond, func() { s.set(false, false) })
		if err := call(t.Context(), c); err != nil {
			t.Errorf("a restart of 300 ms: %v", err)
		}
		s.set(true, false)
		began := time.Now()
		_ = call(t.Context(), c)
		hasty, cancel := context.WithTimeout(t.Context(), 400*time.Millisecond)
		defer cancel()
		if err := call(hasty, c); !errors.Is(err, errRefused) || time.Since(began) > 100*time.Millisecond {
			t.Errorf("a quarter of 400 ms: %v after %s", err, time.Since(began))
		}
		time.Sleep(time.Second)
		old := time.Now()
		var dial *dialError
		if err := call(t.Context(), c); !errors.As(err, &dial) || time.Since(old) > 0 {
			t.Errorf("an old outage: %v after %s", err, time.Since(old))
		}
	})
}

func TestStandingFollowsTheConnections(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &site{hole: true}
		c := connectorTo(s)
		defer c.close()
		want := func(when string, standing balance.Standing, connections int) {
			t.Helper()
			synctest.Wait()
			if got := c.standing(); got != standing || c.connections() != connections {
				t.Errorf("%s: %v with %d connections, want %v with %d", when, got, c.connections(), standing, connections)
			}
		}
		want("new", balance.Usable, 0)
		go func() { _, _ = c.dial(t.Context(), "", "") }()
		want("while the first connection is made", balance.Connecting, 0)
		time.Sleep(2 * time.Second)
		want("when it did not come about", balance.Unreachable, 0)
		s.set(false, false)
		time.Sleep(2 * time.Second)
		_ = c.standing()
		want("when an attempt came through", balance.Usable, 0)
		made, err := c.dial(t.Context(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		want("connected", balance.Usable, 1)
		_ = made.Close()
		want("closed", balance.Usable, 0)
		// Whoever gave up says nothing of the address.
		s.set(false, true)
		ctx, cancel := context.WithCancel(t.Context())
		go func() { _, _ = c.dial(ctx, "", "") }()
		synctest.Wait()
		cancel()
		want("when a caller gave up", balance.Usable, 0)
	})
}

func TestClosedConnectorHasNoConnections(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &site{}
		c := connectorTo(s)
		made, err := c.dial(t.Context(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		s.set(false, true)
		ended := make(chan error)
		go func() {
			_, err := c.dial(t.Context(), "", "")
			ended <- err
		}()
		synctest.Wait()
		c.close()
		if err := <-ended; err == nil {
			t.Error("connected though it is closed")
		}
		if _, err := made.Read(make([]byte, 1)); err == nil || c.connections() != 0 {
			t.Errorf("%v, %d connections", err, c.connections())
		}
		s.set(false, false)
		if _, err := c.dial(t.Context(), "", ""); err == nil {
			t.Error("connected though it is closed")
		}
		c.close()
	})
}

// A connection that is left lets calls through, but not to more connections.
func TestU6ConnectionsThatAreLeftDoNotLetOthersDial(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &site{}
		c := connectorTo(s)
		defer c.close()
		if _, err := c.dial(t.Context(), "", ""); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		s.set(true, false)
		for range 100 {
			_ = call(t.Context(), c)
		}
		if n := s.busiest(); n != 1 {
			t.Errorf("%d dials at once", n)
		}
	})
}

// Calls go elsewhere and do not tell.
func TestLinkTellsWhyItsAddressCannotBeReached(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &site{down: true}
		l := &link{connector: connectorTo(s)}
		if got := l.Trouble(); got != "" {
			t.Errorf("before anybody tried: %s", got)
		}
		_ = call(t.Context(), l.connector)
		if got := l.Trouble(); got != errRefused.Error() {
			t.Errorf("%q", got)
		}
		s.set(false, false)
		time.Sleep(redial)
		_ = call(t.Context(), l.connector)
		if got := l.Trouble(); got != "" {
			t.Errorf("it can be reached: %s", got)
		}
		l.connector.close()
	})
}
