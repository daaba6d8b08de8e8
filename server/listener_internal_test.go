package server

import (
	"errors"
	"net"
	"testing"
)

// TestBoundedListener: a connection above the bound is accepted when another one closes.
func TestBoundedListener(t *testing.T) {
	t.Parallel()
	l, err := listen(t.Context(), "127.0.0.1:0", 1)
	if err != nil {
		t.Fatal(err)
	}
	accepted := make(chan net.Conn)
	ended := make(chan error, 1)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				ended <- err
				return
			}
			accepted <- conn
		}
	}()
	var dialer net.Dialer
	for range 2 {
		conn, err := dialer.DialContext(t.Context(), "tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
	}
	first := <-accepted
	if n := len(l.(*boundedListener).slots); n != 1 {
		t.Errorf("%d slots are taken, want 1", n)
	}
	_ = first.Close()
	_ = first.Close() // gives no second slot
	second := <-accepted
	if err := l.Close(); err != nil { // while Accept waits for a slot
		t.Error(err)
	}
	if err := <-ended; !errors.Is(err, net.ErrClosed) {
		t.Errorf("Accept ends with %v", err)
	}
	_ = second.Close()
}
