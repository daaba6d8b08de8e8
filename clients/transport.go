package clients

import (
	"context"
	"slices"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/clients/balance"
	"github.com/manifold-serving/manifold/clients/fleet"
	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

// transport is what a Server's fleet reaches its endpoints over.
type transport struct{ *Server }

var _ fleet.Transport[*link] = transport{}

// Open implements [fleet.Transport]. No connection is prepared before a call wants it.
func (t transport) Open(address, authority string) (*link, error) {
	to, err := parseTarget(address)
	if err != nil {
		return nil, err
	}
	l := &link{server: t.Server, target: to, plain: slices.Clip(t.dial), late: t.generation.Load() > 0}
	if o := t.options; authority != "" && (o.TLS == nil || o.TLS.ServerName == "") {
		l.plain = append(l.plain, grpc.WithAuthority(authority))
	}
	l.options = append(slices.Clip(l.plain), grpc.WithStatsHandler(&witness{l}), grpc.WithTransportCredentials(scout{t.security, l}))
	t.remember(l)
	return l, nil
}

// Live implements [fleet.Transport].
func (t transport) Live(ctx context.Context, l *link) error {
	var reply inferencepb.ServerLiveResponse
	err := t.probe(ctx, l, inferencepb.GRPCInferenceService_ServerLive_FullMethodName, &inferencepb.ServerLiveRequest{}, &reply, probeSize())
	if unanswered(err) {
		return err
	}
	return nil
}

// Ready implements [fleet.Transport].
func (t transport) Ready(ctx context.Context, l *link, model string) (bool, error) {
	var reply inferencepb.ModelReadyResponse
	err := t.probe(ctx, l, inferencepb.GRPCInferenceService_ModelReady_FullMethodName, &inferencepb.ModelReadyRequest{Name: model}, &reply,
		probeSize())
	switch infer.CodeOf(err) {
	case codes.OK:
		return reply.GetReady(), nil
	case codes.PermissionDenied, codes.Unauthenticated: // the calls themselves may do better
		return false, infer.Errorf(codes.Unimplemented, "it may not be asked: %w", err)
	default:
		return false, err
	}
}

// probe asks an endpoint whatever its state, and not by way of the fleet.
func (s *Server) probe(ctx context.Context, l *link, method string, request, reply any, options ...grpc.CallOption) error {
	ctx, cancel := s.options.Bounded(ctx)
	defer cancel()
	_, err := s.invoke(ctx, cancel, l, method, request, reply, options...).result()
	return err
}

// links are those of a server's endpoints, in the order they came.
func (s *Server) remember(l *link) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := append(slices.Clone(*s.links.Load()), l)
	s.links.Store(&all)
}

func (s *Server) forget(l *link) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rest := slices.DeleteFunc(slices.Clone(*s.links.Load()), func(other *link) bool { return other == l })
	s.links.Store(&rest)
}

// elsewhere reports whether a call that finds no connection at l had better not wait for one, for there is one at another address.
func (s *Server) elsewhere(l *link) bool {
	for _, other := range *s.links.Load() {
		if other != l && other.Standing() == balance.Usable {
			return true
		}
	}
	return false
}
