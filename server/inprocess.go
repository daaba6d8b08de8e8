package server

import (
	"context"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	"github.com/manifold-serving/manifold/infer"
)

// inProcess is a connection to the service without a wire: a call is a function call through the same interceptors.
type inProcess struct {
	service     any
	interceptor grpc.UnaryServerInterceptor
	methods     map[string]grpc.MethodHandler // by full method
	accept      func(ctx context.Context, reply any) error
}

var _ grpc.ClientConnInterface = (*inProcess)(nil)

// newInProcess connects to a service. What accept refuses is the caller's error in place of a reply.
func newInProcess(
	desc *grpc.ServiceDesc, service any, interceptor grpc.UnaryServerInterceptor, accept func(ctx context.Context, reply any) error,
) *inProcess {
	methods := make(map[string]grpc.MethodHandler, len(desc.Methods))
	for _, m := range desc.Methods {
		methods[fullMethod(m.MethodName)] = m.Handler
	}
	return &inProcess{service, interceptor, methods, accept}
}

// Invoke implements grpc.ClientConnInterface. Messages are not encoded: the service gets a copy, and so does the caller.
func (c *inProcess) Invoke(ctx context.Context, method string, args, reply any, _ ...grpc.CallOption) error {
	return c.call(ctx, method, func(into any) error {
		proto.Merge(into.(proto.Message), args.(proto.Message))
		return nil
	}, reply)
}

// call is Invoke for a request that is read only when the call is not refused.
func (c *inProcess) call(ctx context.Context, method string, receive func(into any) error, reply any) error {
	handler, ok := c.methods[method]
	if !ok {
		return infer.Errorf(codes.Unimplemented, "%s is not served here", strings.TrimPrefix(method, "/"))
	}
	ctx = metadata.NewOutgoingContext(ctx, nil) // what the gateway makes of HTTP headers, credentials too, ends here
	out, err := handler(c.service, ctx, receive, c.interceptor)
	if err != nil {
		return err
	}
	if err := c.accept(ctx, out); err != nil {
		return err
	}
	proto.Merge(reply.(proto.Message), out.(proto.Message))
	return nil
}

// NewStream implements grpc.ClientConnInterface; no control call streams.
func (*inProcess) NewStream(_ context.Context, _ *grpc.StreamDesc, method string, _ ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, infer.Errorf(codes.Unimplemented, "%s does not stream within the process", strings.TrimPrefix(method, "/"))
}
