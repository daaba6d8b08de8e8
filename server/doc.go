// Package server is the edges of the gateway: the Open Inference Protocol over gRPC and REST, what both have in common, and how
// they start, drain and stop.
//
//	s, err := server.New(catalog, server.Options{}, server.Deps{Logger: logger})
//	if err != nil {
//		return err
//	}
//	if err := s.Listen(ctx); err != nil {
//		return err
//	}
//	return s.Serve(ctx) // until ctx is done, then drains
//
// # One path
//
// ModelInfer is a raw stream: [inference.serve] admits the call, then receives a frame of bytes, finds the model and sends its
// answer's bytes. REST infer is one more grpc.ServerStream below it, which reads a JSON body where gRPC reads a message. REST
// control calls go through the generated grpc-gateway handlers into a connection within the process. So every call of every
// edge crosses the same interceptors: identify, recover, log, measure; and there is one mapper from errors to what clients see.
//
// ModelStreamInfer is a raw stream too, and each message on it a request of its own, with the same checks, stages and counts around
// it: [multiplex] takes them on one behind the other, [streamed] answers one of them.
//
// # Bounds
//
// Every message that was read is charged with its length until its call ends, and the charges never exceed
// [Limits.InflightBytes]. The length of a gRPC message is known only when it has arrived, so a call is admitted with a charge
// of 64 KiB, which is what an unread stream can hold, and refused after reading when its message does not fit. What is being
// received at a moment is therefore not in the sum: at most [Limits.MessageBytes] for each admitted call. A REST body is charged
// as it is read; while it is decoded, the codec may hold up to 8 times of it.
//
// # Ownership
//
// The edge frees what it received, and what models return; what it sends is freed by the transport.
//
// The package never reads tensors on the gRPC path, never routes within a graph and never dials.
package server
