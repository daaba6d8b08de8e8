package server

import (
	"context"
	"slices"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
)

// interceptors is what stands around calls, in the two shapes that grpc-go knows.
type interceptors struct {
	unary  grpc.UnaryServerInterceptor
	stream grpc.StreamServerInterceptor
}

// stage is what stands around a call, or around one request of a stream, and needs nothing but that and how it ended.
type stage func(ctx context.Context, c *call, next func() error) error

// stages composes; the first is outermost.
func stages(all ...stage) stage {
	whole := all[len(all)-1]
	for _, outer := range slices.Backward(all[:len(all)-1]) {
		inner := whole
		whole = func(ctx context.Context, c *call, next func() error) error {
			return outer(ctx, c, func() error { return inner(ctx, c, next) })
		}
	}
	return whole
}

// identified is s as interceptors, which give each call its record and id first, and tell gRPC clients the id, and when to come
// back after an error that says so.
func (s stage) identified() interceptors {
	return interceptors{
		unary: func(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (resp any, err error) {
			ctx, cancel := punctual(identify(ctx, info.FullMethod))
			defer cancel()
			err = s(ctx, callOf(ctx), func() (err error) {
				resp, err = handler(ctx, req)
				return err
			})
			pushBack(ctx, err)
			return resp, err
		},
		stream: func(srv any, ss grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
			ctx, cancel := punctual(identify(ss.Context(), info.FullMethod))
			defer cancel()
			err := s(ctx, callOf(ctx), func() error { return handler(srv, &identified{ss, ctx}) })
			pushBack(ctx, err)
			return err
		},
	}
}

// cleaning bounds what clients see of an error.
func cleaning(_ context.Context, _ *call, next func() error) error { return shown(next()) }

func identify(ctx context.Context, method string) context.Context {
	if c := callOf(ctx); c != nil { // the REST edge has begun it
		c.method = method
		return ctx
	}
	var offered string
	if values := metadata.ValueFromIncomingContext(ctx, requestIDHeader); len(values) > 0 {
		offered = values[0]
	}
	c := &call{id: requestID(offered), protocol: protocolGRPC, method: method}
	_ = grpc.SetHeader(ctx, metadata.Pairs(requestIDHeader, c.id)) // fails only when headers are gone already
	return withCall(ctx, c)
}

// identified is a stream whose context holds its call.
type identified struct {
	grpc.ServerStream
	ctx context.Context //nolint:containedctx // grpc.ServerStream hands its context out by a method
}

// Context implements grpc.ServerStream.
func (s *identified) Context() context.Context { return s.ctx }
