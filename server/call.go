package server

import (
	"context"
	"crypto/rand"
	"encoding/hex"

	"github.com/manifold-serving/manifold/infer"
)

// The protocols of a call, as metrics and logs name them.
const (
	protocolGRPC = "grpc"
	protocolREST = "rest"
)

// call is what the interceptors know of one request. The handler fills in what it finds out; nobody else writes after the
// interceptors began.
type call struct {
	id       string
	protocol string
	method   string // the gRPC method, or the REST path of what has none
	streamed bool   // it is one request of a stream
	model    string // what the client asked for, when the name is valid
	known    bool   // the catalog has the model
	target   infer.Model
	received int // bytes of the request message
	sent     int // bytes of the response message
}

type callKey struct{}

func withCall(ctx context.Context, c *call) context.Context {
	return context.WithValue(ctx, callKey{}, c)
}

// callOf is nil outside of a request.
func callOf(ctx context.Context) *call {
	c, _ := ctx.Value(callKey{}).(*call)
	return c
}

// RequestID is the id of the request that ctx belongs to: the client's x-request-id, or one of ours. It is empty outside of a
// request.
func RequestID(ctx context.Context) string {
	if c := callOf(ctx); c != nil {
		return c.id
	}
	return ""
}

const (
	requestIDHeader = "x-request-id"
	maxRequestID    = 128
)

// requestID takes a client's id over when it is short and printable, so that it can go into headers and logs.
func requestID(offered string) string {
	if offered == "" || len(offered) > maxRequestID {
		return newRequestID()
	}
	for i := range len(offered) {
		if c := offered[i]; c <= ' ' || c > '~' {
			return newRequestID()
		}
	}
	return offered
}

func newRequestID() string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails: it crashes the program instead
	return hex.EncodeToString(id[:])
}
