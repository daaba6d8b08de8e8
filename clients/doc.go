// Package clients is the gateway's side of upstream model servers: pooled gRPC connections, and models that answer through them.
//
//	server, err := clients.Open("vision", clients.Options{Targets: []string{"127.0.0.1:9001"}})
//	if err != nil {
//		return err // every fault of the options, each with its field
//	}
//	defer server.Close()
//	response, err := server.Model("resnet").Infer(ctx, request)
//
// A [Server] is one model server with one or many replicas. An [Upstream] is one of its models; it is an infer.Model.
// Which of the replicas answers a request, and what becomes of it when one does not, is up to package fleet, for which a replica is a
// link: the connections to one address. Requests and responses pass as the bytes they are: a Request is lent to grpc-go for the call,
// or for several, the Response is the caller's.
//
// What servers disagree on ends here: a server is asked once what it is, and a [Dialect] says how requests, answers and streams are
// to be changed for it. Each request to [Upstream.Stream] has an upstream stream of its own.
//
// Every error that leaves the package is an *infer.Error whose origin is "upstream NAME (ADDRESS)". It keeps the code of the
// server; its text is bounded and free of control characters.
//
// The package does not know graphs, and never chooses a server by what a request contains.
package clients
