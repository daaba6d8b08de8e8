package main

import (
	"bytes"
	"context"
	"net"
	"testing"
	"time"
)

// served is the identity server, and a connection to it.
func served(t *testing.T) net.Conn {
	t.Helper()
	var config net.ListenConfig
	l, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = serveIdentity(l) // ends with its listener
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-done
	})
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	return conn
}

func TestConnectionIsIdleAfterItsCallWasAnswered(t *testing.T) {
	t.Parallel()
	conn := served(t)
	if _, err := openAndCall(&target{name: manifold}, conn); err != nil {
		t.Fatal(err)
	}
	cs := &connections{all: []net.Conn{conn}}
	if n := cs.lost(); n != 0 {
		t.Errorf("%d connections are lost", n)
	}
	_ = conn.Close()
	if n := cs.lost(); n != 1 {
		t.Errorf("%d connections are lost, want the one that was closed", n)
	}
}

func TestCallThatIsRefusedIsAFault(t *testing.T) {
	t.Parallel()
	c, err := openH2(served(t))
	if err != nil {
		t.Fatal(err)
	}
	if n, err := c.call(bytes.Repeat([]byte{0xff}, 100)); err == nil && n > 0 { // it is no message: trailers alone, or a reset
		t.Errorf("%d bytes answered no message", n)
	}
}

func TestIdleSectionsSayWhatTheyOpen(t *testing.T) {
	t.Parallel()
	for _, s := range idles() {
		if s.open == nil || len(s.targets) == 0 || s.targets[0] != manifold {
			t.Errorf("%+v", s)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := idles()[0].openAll(ctx, &target{grpc: "127.0.0.1:1"}, 3); err == nil {
		t.Error("nobody listens, and no fault")
	}
}
