// Package manifold assembles the rooms of the gateway: resources become a running [Gateway] that stands in front of model
// servers, speaks the Open Inference Protocol over gRPC and REST, and runs InferenceGraphs on tensors.
//
//	resources, err := config.Load([]string{"examples/animals-and-plants"}, nil)
//	if err != nil {
//		return err
//	}
//	gateway, err := manifold.New(ctx, resources, manifold.Options{})
//	if err != nil {
//		return err
//	}
//	return gateway.Serve(ctx)
//
// The rooms do not know each other. This package introduces them: it resolves the names in graphs to models, gives graphs the
// JSON view of messages and an observer, and gives the edges a catalog that it replaces when resources change.
package manifold
