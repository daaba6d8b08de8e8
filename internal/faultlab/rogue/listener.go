package rogue

import (
	"net"
	"sync"
)

// listener hands net/http connections of ours, and knows those that are open.
type listener struct {
	net.Listener
	opened func(*conn) // is told of each

	mu   sync.Mutex
	open map[*conn]struct{}
}

func newListener(l net.Listener, opened func(*conn)) *listener {
	return &listener{Listener: l, opened: opened, open: map[*conn]struct{}{}}
}

// Accept implements [net.Listener].
func (l *listener) Accept() (net.Conn, error) {
	accepted, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := newConn(accepted)
	shut := c.close
	c.close = func() error {
		l.mu.Lock()
		delete(l.open, c)
		l.mu.Unlock()
		return shut()
	}
	l.mu.Lock()
	l.open[c] = struct{}{}
	l.mu.Unlock()
	l.opened(c)
	return c, nil
}

// all are the connections that are open.
func (l *listener) all() []*conn {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := make([]*conn, 0, len(l.open))
	for c := range l.open {
		all = append(all, c)
	}
	return all
}

func (l *listener) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.open)
}
