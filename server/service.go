package server

import (
	"context"

	"google.golang.org/grpc"

	"github.com/manifold-serving/manifold/gen/inferencepb"
)

const modelInfer = "ModelInfer"

// describe is the service as it is registered: the generated handlers for control calls, the raw stream for ModelInfer, and a
// refusal that names the extension for the rest.
func describe(i *inference) *grpc.ServiceDesc {
	generated := &inferencepb.GRPCInferenceService_ServiceDesc
	desc := &grpc.ServiceDesc{
		ServiceName: generated.ServiceName,
		HandlerType: generated.HandlerType,
		Metadata:    generated.Metadata,
		// ServerStreams: grpc-go leaves the interceptors of a stream out that streams neither way. On the wire a unary call
		// looks the same.
		Streams: []grpc.StreamDesc{{StreamName: modelInfer, Handler: i.serve, ServerStreams: true}},
	}
	for _, m := range generated.Methods {
		switch {
		case m.MethodName == modelInfer:
		case extensionOf(m.MethodName) != "":
			desc.Methods = append(desc.Methods, grpc.MethodDesc{MethodName: m.MethodName, Handler: refusal(m.MethodName)})
		default:
			desc.Methods = append(desc.Methods, m)
		}
	}
	for _, s := range generated.Streams {
		s.Handler = func(any, grpc.ServerStream) error { return notServed(s.StreamName) }
		desc.Streams = append(desc.Streams, s)
	}
	return desc
}

// refusal answers without reading the request.
func refusal(rpc string) grpc.MethodHandler {
	return func(srv any, ctx context.Context, _ func(any) error, interceptor grpc.UnaryServerInterceptor) (any, error) {
		handler := func(context.Context, any) (any, error) { return nil, notServed(rpc) }
		if interceptor == nil {
			return handler(ctx, nil)
		}
		return interceptor(ctx, nil, &grpc.UnaryServerInfo{Server: srv, FullMethod: fullMethod(rpc)}, handler)
	}
}

func fullMethod(rpc string) string {
	return "/" + inferencepb.GRPCInferenceService_ServiceDesc.ServiceName + "/" + rpc
}
