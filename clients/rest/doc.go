// Package rest is the gateway's side of upstream model servers that are reached over HTTP: those that speak the Open Inference Protocol
// over REST and nothing else, and those of KServe's V1 protocol. It does what package clients does over gRPC, with the same options.
//
//	server, err := rest.Open("legacy", clients.Options{Targets: []string{"http://127.0.0.1:8080"}, Protocol: clients.V1}, slog.Default())
//	if err != nil {
//		return err
//	}
//	defer server.Close()
//	response, err := server.Model("iris").Infer(ctx, request)
//
// A model of V2 takes tensors; they go as binary data when the server says that it takes them so, otherwise as JSON. A model of V1
// takes documents, which pass as they are, and tensors, which become rows.
//
// Its endpoints are those of a fleet: see package fleet for how one is chosen, taken out and tried, and when a call is made again. A model
// is taken to answer the same each time, unless the request belongs to a sequence; what a document to a path of its own does nobody knows,
// so that it is sent once. An answer with a status of the server's own failure, 5xx or 429, is held against the endpoint.
//
// Connections are kept: HTTP/1.1, HTTP/2 where TLS agrees on it, or without TLS for h2c targets. Redirects are not followed, the
// environment's proxies are not asked, answers are not decompressed, and nothing of an answer is read beyond its limit.
//
// Errors are those of package clients: an *infer.Error with the origin "upstream NAME (ADDRESS)", whose code is made of the HTTP status.
package rest
