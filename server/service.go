package server

import (
	"context"

	"google.golang.org/grpc"

	"github.com/manifold-serving/manifold/gen/inferencepb"
)

const modelInfer = "ModelInfer"

// describe is the service as it is registered: the generated handlers for control calls, raw streams for the inferences, and a
// refusal for the calls of extensions that are closed.
func describe(i *inference, opened Extensions) *grpc.ServiceDesc {
	generated := &inferencepb.GRPCInferenceService_ServiceDesc
	desc := &grpc.ServiceDesc{
		ServiceName: generated.ServiceName,
		HandlerType: generated.HandlerType,
		Metadata:    generated.Metadata,
		Streams: []grpc.StreamDesc{
			// ServerStreams: grpc-go leaves the interceptors of a stream out that streams neither way. On the wire a unary call
			// looks the same.
			{StreamName: modelInfer, Handler: i.serve, ServerStreams: true},
			{StreamName: modelStreamInfer, Handler: i.serveStream, ClientStreams: true, ServerStreams: true},
		},
	}
	for _, m := range generated.Methods {
		if m.MethodName == modelInfer {
			continue
		}
		if x, ok := opened.of(m.MethodName); ok && x.server == "" {
			m.Handler = refusal(m.MethodName, x)
		}
		desc.Methods = append(desc.Methods, m)
	}
	return desc
}

// refusal answers without reading the request.
func refusal(rpc string, x extension) grpc.MethodHandler {
	return func(srv any, ctx context.Context, _ func(any) error, interceptor grpc.UnaryServerInterceptor) (any, error) {
		handler := func(context.Context, any) (any, error) { return nil, x.closed(rpc) }
		if interceptor == nil {
			return handler(ctx, nil)
		}
		return interceptor(ctx, nil, &grpc.UnaryServerInfo{Server: srv, FullMethod: fullMethod(rpc)}, handler)
	}
}
