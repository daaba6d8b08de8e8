package server

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	"github.com/manifold-serving/manifold/infer"
)

// restCall is a REST call as interceptors see it. It has no messages; headers of gRPC do not leave over REST.
type restCall struct {
	ctx context.Context //nolint:containedctx // grpc.ServerStream hands its context out by a method
}

var _ grpc.ServerStream = restCall{}

// Context implements grpc.ServerStream.
func (c restCall) Context() context.Context { return c.ctx }

// RecvMsg implements grpc.ServerStream.
func (restCall) RecvMsg(any) error {
	return infer.Errorf(codes.Internal, "a REST call has no messages")
}

// SendMsg implements grpc.ServerStream.
func (restCall) SendMsg(any) error {
	return infer.Errorf(codes.Internal, "a REST call has no messages")
}

// SetHeader implements grpc.ServerStream.
func (restCall) SetHeader(metadata.MD) error { return nil }

// SendHeader implements grpc.ServerStream.
func (restCall) SendHeader(metadata.MD) error { return nil }

// SetTrailer implements grpc.ServerStream.
func (restCall) SetTrailer(metadata.MD) {}
