// Package graph executes KServe InferenceGraphs on tensors. A [Spec] is compiled, once, into a [Plan]: a value made of the four
// routers, in which every name, weight, condition and target is resolved and checked. A Plan is a model like any other:
//
//	plans, err := graph.Compile(map[string]graph.Spec{"iris": spec}, graph.Options{
//		Resolver: catalog,         // what a serviceName or serviceUrl stands for
//		View:     tensorjson.View, // what conditions are tested on
//	})
//	if err != nil {
//		return err // graph.Faults: all of them, each with its path and the cure
//	}
//	resp, err := plans["iris"].Infer(ctx, req)
//
// A Plan streams through its last step ([Plan.Stream]), tells its configuration as Triton tells an ensemble's, and counts its requests
// and those of its steps.
//
// Every rule of what the routers do, and every fault, has a golden file in testdata, to be read as documentation.
//
// # Ownership
//
// As package infer has it: requests are lent and responses given. A router frees every response that it does not answer, on
// every path, and returns only when all steps that it started have returned.
//
// The package knows no sockets, no transport and no JSON text: it is handed what it needs.
package graph
