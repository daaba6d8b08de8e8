package clients

import (
	"context"
	"errors"
	"net"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"

	"github.com/manifold-serving/manifold/infer"
)

// scout looks who is at an address before a connection there is used: while it was gone, another server may have taken its place. It asks
// over a connection of its own, and what it hears is compared with what another endpoint says. When there is no other to compare with
// whoever is there is taken for the server, so that nobody is locked out when all have changed.
type scout struct {
	credentials.TransportCredentials

	link *link
}

// ClientHandshake implements [credentials.TransportCredentials].
func (s scout) ClientHandshake(ctx context.Context, authority string, raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	err := s.link.recognise(ctx)
	if err == nil {
		var info credentials.AuthInfo
		if raw, info, err = s.TransportCredentials.ClientHandshake(ctx, authority, raw); err == nil {
			s.link.refusal.Store(nil)
			return raw, info, nil
		}
	}
	if !errors.Is(ctx.Err(), context.Canceled) { // else the gateway hung up
		s.link.refuse(clean(err.Error()))
	}
	return nil, nil, err
}

// refuse notes why who is at the address is not called, which grpc-go tells nobody as long as other endpoints have the calls.
func (l *link) refuse(why string) {
	if before := l.refusal.Swap(&why); before == nil || *before != why {
		l.server.logger.Warn("upstream endpoint refused", "endpoint", l.target.text, "reason", why)
	}
}

// Trouble implements [balance.Explainer].
func (l *link) Trouble() string {
	if why := l.refusal.Load(); why != nil {
		return "who answered there last was refused: " + *why
	}
	return ""
}

// Clone implements [credentials.TransportCredentials].
func (s scout) Clone() credentials.TransportCredentials {
	return scout{s.TransportCredentials.Clone(), s.link}
}

// recognise returns an error when another server is at the address than at the others. The models that it lacks are not asked for there,
// until its health says otherwise.
func (l *link) recognise(ctx context.Context) error {
	if !l.doubtful() {
		return nil
	}
	models := Called(l.server.counters.statistics())
	expected, ok := l.server.reference(ctx, l, models)
	if !ok {
		return nil
	}
	client, err := grpc.NewClient(l.target.dial, l.plain...)
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }()
	found, err := identify(ctx, l.asking(client), models)
	if err != nil {
		return errors.New("it does not say what it is: " + infer.AsError(err).Reason)
	}
	return expected.Admit(found, func(model, reason string) { l.server.fleet.Veto(l, model, reason) })
}

// doubtful reports whether it is open who is at the address: it is new since calls began, or all connections to it were lost.
func (l *link) doubtful() bool {
	if !l.late && l.established.Load() == 0 {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.closed && l.least() == nil
}

// reference is what another endpoint says that it is; false when none can be asked.
func (s *Server) reference(ctx context.Context, l *link, models []string) (Identity, bool) {
	for _, other := range *s.links.Load() {
		if other == l || other.open() == 0 {
			continue
		}
		limited, cancel := context.WithTimeout(ctx, time.Duration(s.options.ConnectTimeout)/4) // some of the time is the newcomer's
		found, err := identify(limited, func(ctx context.Context, method string, request, reply any, options ...grpc.CallOption) error {
			return s.probe(ctx, other, method, request, reply, options...)
		}, models)
		cancel()
		if err == nil {
			return found, true
		}
	}
	return Identity{}, false
}

// asking asks over a connection that is not one of the link.
func (l *link) asking(client *grpc.ClientConn) asker {
	return func(ctx context.Context, method string, request, reply any, options ...grpc.CallOption) error {
		err := client.Invoke(ctx, method, request, reply, options...)
		if err == nil {
			return nil
		}
		st := status.Convert(err)
		reason := clean(st.Message())
		return &infer.Error{Code: meant(known(st.Code()), reason), Reason: reason, Cause: err}
	}
}
