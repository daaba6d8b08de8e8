//go:build unix

package server

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"google.golang.org/grpc/mem"

	"github.com/manifold-serving/manifold/internal/oiptest"
)

// accepted is a connection as the edges have it, and its other end.
func accepted(t *testing.T) (conn, far net.Conn) {
	t.Helper()
	l, err := listen(t.Context(), "127.0.0.1:0", 1)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	far, err = net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { far.Close() })
	if conn, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn, far
}

// onReady is what grpc-go looks for.
type onReady interface {
	ReadOnReady(size int, pool mem.BufferPool) (*[]byte, int, error)
}

func TestWaitingConnectionHoldsNoBuffer(t *testing.T) {
	t.Parallel()
	conn, far := accepted(t)
	pool := oiptest.NewPool(t)
	reader, ok := conn.(onReady)
	if !ok {
		t.Fatal("grpc-go would keep a read buffer for each connection")
	}
	if err := conn.SetReadDeadline(time.Now().Add(time.Millisecond)); err != nil { // it must wait, then not wait on
		t.Fatal(err)
	}
	if buf, _, err := reader.ReadOnReady(100, pool); buf != nil || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("%v, %v", buf, err)
	}
	if err := conn.SetReadDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	for _, said := range []string{"one", "two"} {
		if _, err := io.WriteString(far, said); err != nil {
			t.Fatal(err)
		}
		buf, n, err := reader.ReadOnReady(100, pool)
		if err != nil || string((*buf)[:n]) != said {
			t.Fatalf("%d bytes, %v", n, err)
		}
		pool.Put(buf)
	}
	far.Close()
	if buf, _, err := reader.ReadOnReady(100, pool); buf != nil || !errors.Is(err, io.EOF) {
		t.Errorf("%v, %v after the end", buf, err)
	}
	conn.Close()
	if buf, _, err := reader.ReadOnReady(100, pool); buf != nil || !errors.Is(err, net.ErrClosed) {
		t.Errorf("%v, %v of a closed connection", buf, err)
	}
}

func TestConnectionThatIsNoFileIsRead(t *testing.T) {
	t.Parallel()
	near, far := net.Pipe()
	pool := oiptest.NewPool(t)
	r := &readyReader{conn: near}
	go func() {
		_, _ = io.WriteString(far, "one")
		far.Close()
	}()
	buf, n, err := r.ReadOnReady(100, pool)
	if err != nil || string((*buf)[:n]) != "one" {
		t.Fatalf("%d bytes, %v", n, err)
	}
	pool.Put(buf)
	if buf, _, err := r.ReadOnReady(100, pool); buf != nil || !errors.Is(err, io.EOF) {
		t.Errorf("%v, %v after the end", buf, err)
	}
}
