package server

import (
	"context"
	"net"
	"strings"
	"sync"
)

const unixPrefix = "unix:"

// listen binds an address and bounds its connections.
func listen(ctx context.Context, address string, connections int) (net.Listener, error) {
	network := "tcp"
	if path, ok := strings.CutPrefix(address, unixPrefix); ok {
		network, address = "unix", path
	}
	var config net.ListenConfig
	l, err := config.Listen(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &boundedListener{Listener: l, slots: make(chan struct{}, connections), closed: make(chan struct{})}, nil
}

// boundedListener accepts a connection only when fewer than cap(slots) are open; the others wait in the kernel.
type boundedListener struct {
	net.Listener
	slots  chan struct{}
	closed chan struct{}
	once   sync.Once
}

// Accept implements net.Listener.
func (l *boundedListener) Accept() (net.Conn, error) {
	select {
	case l.slots <- struct{}{}:
	case <-l.closed:
		return nil, net.ErrClosed
	}
	conn, err := l.Listener.Accept()
	if err != nil {
		<-l.slots
		return nil, err
	}
	return &boundedConn{Conn: conn, readyReader: readyReader{conn: conn}, slots: l.slots}, nil
}

// Close implements net.Listener.
func (l *boundedListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

type boundedConn struct {
	net.Conn
	readyReader
	slots chan struct{}
	left  sync.Once
}

// Close implements net.Conn.
func (c *boundedConn) Close() error {
	defer c.left.Do(func() { <-c.slots })
	return c.Conn.Close()
}

// CloseWrite lets net/http end an early answer with an EOF, not a reset.
func (c *boundedConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
