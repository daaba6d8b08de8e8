package rest

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strings"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/clients"
	"github.com/manifold-serving/manifold/clients/fleet"
	"github.com/manifold-serving/manifold/infer"
)

// wire is what a fleet needs to know of HTTP.
type wire struct {
	server  *Server
	configs func() *tls.Config
}

var _ fleet.Transport[*link] = (*wire)(nil)

// Open implements [fleet.Transport].
func (w *wire) Open(address, authority string) (*link, error) {
	if authority != "" {
		return nil, fmt.Errorf("%q is looked up for gRPC only; write http://HOST:PORT", authority)
	}
	t, err := clients.ParseHTTPTarget(address)
	if err != nil {
		return nil, err
	}
	l := newLink(t, w.server.options, w.configs)
	if w.server.options.Protocol != clients.V1 { // which does not tell what a server is
		l.connector.recognise = func(ctx context.Context) error { return w.recognise(ctx, l) }
	}
	l.connector.late = len(w.server.called()) > 0
	w.server.links.enter(l)
	return l, nil
}

// Live implements [fleet.Transport].
func (w *wire) Live(ctx context.Context, l *link) error {
	path := "/v2/health/live"
	if w.server.options.Protocol == clients.V1 {
		path = "/"
	}
	_, err := send(ctx, l, probing(path))
	var large *largeError
	if err == nil || errors.As(err, &large) { // any answer will do
		return nil
	}
	return w.server.fault(ctx, l, err)
}

// Ready implements [fleet.Transport].
func (w *wire) Ready(ctx context.Context, l *link, model string) (bool, error) {
	if strings.HasPrefix(model, "/") {
		return false, infer.Errorf(codes.Unimplemented, "nothing tells whether a path of a server is ready")
	}
	a, err := send(ctx, l, probing(w.server.readyPath(model)))
	if err != nil {
		return false, w.server.fault(ctx, l, err)
	}
	err = w.server.readiness(a, model)
	switch infer.CodeOf(err) {
	case codes.Unavailable:
		return false, nil
	case codes.Unauthenticated, codes.PermissionDenied:
		return false, infer.Errorf(codes.Unimplemented, "%w", err)
	default:
		return err == nil, err
	}
}
