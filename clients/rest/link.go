package rest

import (
	"context"
	"crypto/tls"
	"maps"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/manifold-serving/manifold/clients"
	"github.com/manifold-serving/manifold/clients/balance"
	"github.com/manifold-serving/manifold/clients/fleet"
)

// link is what there is to reach one address of a server. It is safe for concurrent use.
type link struct {
	target    clients.HTTPTarget
	url       string // what goes in front of a path
	connector *connector
	limits    clients.Options
	left      func() // is told when it is closed; nil: nobody is
	transport atomic.Pointer[http.Transport]
}

var (
	_ balance.Link      = (*link)(nil)
	_ balance.Explainer = (*link)(nil)
	_ fleet.Resetter    = (*link)(nil)
)

func newLink(target clients.HTTPTarget, o clients.Options, configs func() *tls.Config) *link {
	l := &link{target: target, url: target.Scheme + "://" + target.Host + target.Path, limits: o}
	if target.Scheme == "h2c" {
		l.url = "http://" + target.Host + target.Path
	}
	var secure func(context.Context, net.Conn) (net.Conn, error)
	if target.Scheme == "https" {
		secure = func(ctx context.Context, plain net.Conn) (net.Conn, error) {
			return secured(ctx, plain, target.Host, configs())
		}
	}
	l.connector = newConnector(target.Host, time.Duration(o.ConnectTimeout), secure)
	l.transport.Store(newTransport(target.Scheme, l.connector, o))
	return l
}

// Standing implements [balance.Link].
func (l *link) Standing() balance.Standing { return l.connector.standing() }

// Trouble implements [balance.Explainer].
func (l *link) Trouble() string {
	if cause := l.connector.unreachable(); cause != nil {
		return clients.Clean(cause.Error()) // that of a handshake has what the other side says of itself
	}
	return ""
}

// Reset implements [fleet.Resetter]. Calls on the connections that there are go on.
func (l *link) Reset() {
	l.transport.Swap(newTransport(l.target.Scheme, l.connector, l.limits)).CloseIdleConnections()
}

// Close implements [balance.Link].
func (l *link) Close() error {
	l.connector.close()
	l.transport.Load().CloseIdleConnections()
	if l.left != nil {
		l.left()
	}
	return nil
}

// links are those of a server that are open. Their zero value is empty. It is safe for concurrent use.
type links struct {
	mu   sync.Mutex
	open map[*link]struct{}
}

func (s *links) enter(l *link) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		s.open = map[*link]struct{}{}
	}
	s.open[l] = struct{}{}
	l.left = func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.open, l)
	}
}

// all are those of a server.
func (s *links) all() []*link {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Keys(s.open))
}

// connections are those that are open, by address.
func (s *links) connections() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := map[string]int{}
	for l := range s.open {
		n[l.target.Text] += l.connector.connections()
	}
	return n
}
