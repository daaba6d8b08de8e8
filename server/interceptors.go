package server

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
)

// interceptors is one chain, in the two shapes that grpc-go knows.
type interceptors struct {
	unary  grpc.UnaryServerInterceptor
	stream grpc.StreamServerInterceptor
}

// chain composes; the first is outermost.
func chain(all ...interceptors) interceptors {
	whole := all[len(all)-1]
	for i := len(all) - 2; i >= 0; i-- {
		whole = interceptors{chainUnary(all[i].unary, whole.unary), chainStream(all[i].stream, whole.stream)}
	}
	return whole
}

func chainUnary(outer, inner grpc.UnaryServerInterceptor) grpc.UnaryServerInterceptor {
	return func(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
		return outer(ctx, req, info, func(ctx context.Context, req any) (any, error) {
			return inner(ctx, req, info, handler)
		})
	}
}

func chainStream(outer, inner grpc.StreamServerInterceptor) grpc.StreamServerInterceptor {
	return func(srv any, ss grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
		return outer(srv, ss, info, func(srv any, ss grpc.ServerStream) error {
			return inner(srv, ss, info, handler)
		})
	}
}

// stage is an interceptor that needs nothing but the call and how it ended.
type stage func(ctx context.Context, c *call, next func() error) error

func (s stage) interceptors() interceptors {
	return interceptors{
		unary: func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (resp any, err error) {
			err = s(ctx, callOf(ctx), func() (err error) {
				resp, err = handler(ctx, req)
				return err
			})
			return resp, err
		},
		stream: func(srv any, ss grpc.ServerStream, _ *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
			return s(ss.Context(), callOf(ss.Context()), func() error { return handler(srv, ss) })
		},
	}
}

// cleaning bounds what clients see of an error.
func cleaning(_ context.Context, _ *call, next func() error) error { return shown(next()) }

// identifying gives each call its record and id, and returns the id to gRPC clients.
func identifying() interceptors {
	return interceptors{
		unary: func(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
			return handler(identify(ctx, info.FullMethod), req)
		},
		stream: func(srv any, ss grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
			return handler(srv, &identified{ss, identify(ss.Context(), info.FullMethod)})
		},
	}
}

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
