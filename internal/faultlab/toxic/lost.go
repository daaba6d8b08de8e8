//go:build linux

package toxic

import (
	"context"
	"net"
	"slices"
	"syscall"
	"time"
)

// queue is how many connections may wait to be accepted in good times.
const queue = 128

// probe is how long a connection within the machine may take before it counts as lost. Somewhat more than a busy machine needs.
const probe = 200 * time.Millisecond

// fill makes the kernel drop what asks for a connection, which it does when the queue of those that wait to be accepted is full: the
// queue is made as short as it can be, nobody accepts, and connections of our own fill it.
func (p *Proxy) fill() error {
	if err := p.backlog(0); err != nil {
		return err
	}
	if err := p.listener.SetDeadline(time.Unix(1, 0)); err != nil { // whoever accepts stops
		return err
	}
	for range queue + 2 {
		conn, err := (&net.Dialer{Timeout: probe}).DialContext(context.Background(), "tcp", p.Address())
		if err != nil {
			return nil //nolint:nilerr // what was wanted
		}
		p.fillers = append(p.fillers, conn)
	}
	return nil
}

// drain undoes fill.
func (p *Proxy) drain() error {
	if err := p.listener.SetDeadline(time.Time{}); err != nil {
		return err
	}
	return p.backlog(queue)
}

// filler tells whether a connection that was accepted is one of our own, and forgets it.
func (p *Proxy) filler(conn net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, f := range p.fillers {
		if f.LocalAddr().String() == conn.RemoteAddr().String() {
			_ = f.Close()
			p.fillers = slices.Delete(p.fillers, i, i+1)
			return true
		}
	}
	return false
}

// backlog sets the length of the listener's queue. The kernel allows one more.
func (p *Proxy) backlog(n int) error {
	raw, err := p.listener.SyscallConn()
	if err != nil {
		return err
	}
	var fault error
	if err := raw.Control(func(fd uintptr) { fault = syscall.Listen(int(fd), n) }); err != nil {
		return err
	}
	return fault
}
