package clients

import (
	"context"

	"google.golang.org/grpc/stats"
)

// witness sees what grpc-go does with the calls and the connections of a link. It is safe for concurrent use.
type witness struct{ link *link }

var _ stats.Handler = (*witness)(nil)

// TagRPC implements [stats.Handler].
func (*witness) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context { return ctx }

// HandleRPC tells the call how far it got.
func (w *witness) HandleRPC(ctx context.Context, event stats.RPCStats) {
	c, ok := ctx.Value(callKey{}).(*call)
	if !ok {
		return
	}
	switch e := event.(type) {
	case *stats.Begin:
		if e.IsTransparentRetryAttempt {
			c.unsent()
		}
	case *stats.OutHeader:
		c.sent(w.link.server.generation.Load())
	case *stats.InHeader:
		c.answered.Store(true)
	case *stats.InTrailer:
		c.heard(e.Trailer)
	}
}

// TagConn implements [stats.Handler].
func (*witness) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }

// HandleConn counts connections that come and go.
func (w *witness) HandleConn(_ context.Context, event stats.ConnStats) {
	switch event.(type) {
	case *stats.ConnBegin:
		w.link.established.Add(1)
		w.link.server.generation.Add(1)
	case *stats.ConnEnd:
		w.link.server.generation.Add(1)
	}
}
