// Package infer is the message of the gateway: what a client sends to a model, what the model answers, the one verb
// that turns the former into the latter, and the one error.
//
// A [Request] and a [Response] hold the protobuf wire bytes of an Open Inference Protocol message. Reads are views made by
// walking tags; edits are splices that share the bytes. Tensors are never copied and nothing is unmarshalled:
//
//	req, err := infer.ParseRequest(buffers) // takes the buffers over, also when it fails
//	if err != nil {
//		return nil, err
//	}
//	defer req.Free()
//	renamed := req.Edit(infer.Edit{ModelName: new("resnet")})
//	defer renamed.Free()
//
// # Ownership
//
// A Request is lent: whoever made it frees it, once; a [Handler] that keeps it longer than the call marshals it, which
// takes a reference per send. A Response is given: returning it moves it, and whoever drops one frees it. A function that
// returns an error returns nothing to free. Bytes seen through a view die with the message that they belong to.
//
// Requests and Responses are immutable: any number of goroutines may read one as long as somebody holds it.
//
// # Two bodies
//
// A message is tensors, or a [Document] that the gateway itself made of a body which is none of the protocol's. Whoever handles
// messages need not care which: edits, [Successor], [Merge] and a [View] take both.
//
// The package knows neither sockets nor graphs, and of JSON no more than merging documents takes.
package infer
