package clients_test

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/test/bufconn"

	"github.com/manifold-serving/manifold/clients"
)

// network is a network in memory, for tests in whose bubble time is counted and not waited for. An address that nobody listens on
// refuses connections.
type network struct {
	mu        sync.Mutex
	listeners map[string]*bufconn.Listener
	dials     map[string]int
}

var errRefused = errors.New("connect: connection refused")

func (n *network) dial(ctx context.Context, address string) (net.Conn, error) {
	n.mu.Lock()
	if n.dials == nil {
		n.dials = map[string]int{}
	}
	n.dials[address]++
	listener := n.listeners[address]
	n.mu.Unlock()
	if listener == nil {
		return nil, errRefused
	}
	return listener.DialContext(ctx)
}

func (n *network) dialled(address string) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.dials[address]
}

// serve serves f at the address until stop.
func (n *network) serve(address string, f *fake, options ...grpc.ServerOption) (stop func()) {
	listener := bufconn.Listen(64 << 10)
	n.mu.Lock()
	if n.listeners == nil {
		n.listeners = map[string]*bufconn.Listener{}
	}
	n.listeners[address] = listener
	n.mu.Unlock()
	stopServer, _ := f.serveOn(listener, options...)
	return func() {
		n.mu.Lock()
		delete(n.listeners, address)
		n.mu.Unlock()
		stopServer()
	}
}

// open opens a server on the network.
func (n *network) open(tb testing.TB, o clients.Options) *clients.Server {
	tb.Helper()
	return open(tb, o, clients.WithDialOptions(grpc.WithContextDialer(n.dial)))
}
