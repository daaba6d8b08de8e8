//go:build linux

package toxic

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Proxy is a TCP proxy to one server. It is safe for concurrent use.
type Proxy struct {
	target   string
	listener *net.TCPListener
	setting  atomic.Pointer[setting]
	end      context.CancelFunc
	work     sync.WaitGroup

	mu       sync.Mutex
	links    map[*link]struct{}
	connects []time.Time
	fillers  []net.Conn // what fills the listener's queue while Lost
}

// Listen returns a proxy to the server at target, which need not be there yet, at a free port of this machine.
func Listen(target string) (*Proxy, error) {
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	listener, isTCP := l.(*net.TCPListener)
	if !isTCP {
		return nil, fmt.Errorf("listening at %s is not over TCP", l.Addr())
	}
	ctx, end := context.WithCancel(context.Background())
	p := &Proxy{target: target, listener: listener, end: end, links: map[*link]struct{}{}}
	p.setting.Store(&setting{over: make(chan struct{})})
	p.work.Go(func() { p.accept(ctx) })
	return p, nil
}

// Address is where the proxy listens, as HOST:PORT.
func (p *Proxy) Address() string { return p.listener.Addr().String() }

// Set makes toxics what is wrong, in place of what was. It may take a fifth of a second to lose connections from then on.
func (p *Proxy) Set(toxics Toxics) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	before := p.setting.Load()
	p.setting.Store(&setting{Toxics: toxics, over: make(chan struct{})})
	close(before.over)
	switch {
	case toxics.Lost && !before.Lost:
		return p.fill()
	case before.Lost && !toxics.Lost:
		return p.drain()
	}
	return nil
}

// Connects are the times at which connections were made, in their order.
func (p *Proxy) Connects() []time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.connects)
}

// Reset breaks every connection with a reset to both sides.
func (p *Proxy) Reset() {
	for _, l := range p.all() {
		l.reset()
	}
}

// Close ends the proxy and every connection, and returns when all is over.
func (p *Proxy) Close() error {
	p.end()
	err := p.listener.Close()
	p.Reset()
	p.work.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, filler := range p.fillers {
		err = errors.Join(err, filler.Close())
	}
	return err
}

func (p *Proxy) all() []*link {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := make([]*link, 0, len(p.links))
	for l := range p.links {
		all = append(all, l)
	}
	return all
}

// accept takes connections until the proxy ends.
func (p *Proxy) accept(ctx context.Context) {
	for ctx.Err() == nil {
		s := p.setting.Load()
		if s.Lost {
			select {
			case <-s.over:
			case <-ctx.Done():
			}
			continue
		}
		conn, err := p.listener.AcceptTCP()
		if err != nil {
			continue // it is Lost, or over
		}
		if p.filler(conn) {
			_ = conn.Close()
			continue
		}
		p.work.Go(func() { p.serve(ctx, conn) })
	}
}

// serve counts a connection and connects it with the server.
func (p *Proxy) serve(ctx context.Context, caller *net.TCPConn) {
	p.mu.Lock()
	p.connects = append(p.connects, time.Now())
	p.mu.Unlock()
	if p.setting.Load().Refuse {
		reset(caller)
		return
	}
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", p.target)
	if err != nil {
		reset(caller)
		return
	}
	server, isTCP := conn.(*net.TCPConn)
	if !isTCP {
		reset(caller)
		return
	}
	l := &link{caller: caller, server: server}
	p.mu.Lock()
	p.links[l] = struct{}{}
	p.mu.Unlock()
	l.run(ctx, &p.setting)
	p.mu.Lock()
	delete(p.links, l)
	p.mu.Unlock()
}

// reset closes a connection with a reset instead of an end.
func reset(c *net.TCPConn) {
	_ = c.SetLinger(0)
	_ = c.Close()
}
