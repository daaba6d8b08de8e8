package rest

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
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
	transport atomic.Pointer[http.Transport]
}

var (
	_ balance.Link   = (*link)(nil)
	_ fleet.Resetter = (*link)(nil)
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

// Reset implements [fleet.Resetter]. Calls on the connections that there are go on.
func (l *link) Reset() {
	l.transport.Swap(newTransport(l.target.Scheme, l.connector, l.limits)).CloseIdleConnections()
}

// Close implements [balance.Link].
func (l *link) Close() error {
	l.connector.close()
	l.transport.Load().CloseIdleConnections()
	return nil
}
