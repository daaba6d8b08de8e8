package transparency

import (
	"context"

	"google.golang.org/grpc"
)

// Target is what an operation is sent to: a model server or a gateway.
type Target struct {
	REST string           // http://host:port
	GRPC *grpc.ClientConn // with infer.Codec
}

// Operation is something that a client does.
type Operation struct {
	Name string // unique; the part before the first slash is its kind
	Do   func(ctx context.Context, target Target) Observation
}
