// Package rogue is a model server that answers with the proof of package proof, and misbehaves on order. It serves gRPC and REST at one
// address, and takes orders (package backend has their types) at another one.
//
// Its transport is that of net/http, with gRPC written by hand on it, because what a server of grpc-go cannot do is what is wanted:
// half a message, a message that drips, trailers beyond all limits, no trailers, pages of HTML. Frames that no server sends are put
// between those that net/http writes; see conn.
//
// A server never ends a call for its deadline: a call that nobody cancels stays, so that callers are found who forget to. Its counts and
// its control port know no fault but the end of the process.
package rogue
