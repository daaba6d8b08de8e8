package server

import (
	"context"

	"google.golang.org/protobuf/proto"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

// Catalog is what the edges serve. It is safe for concurrent use; what it holds may change between calls.
type Catalog interface {
	// Model finds a model or graph. An empty version leaves the choice to the catalog. The error is, or wraps, an
	// *infer.Error: NOT_FOUND when there is no such name or version.
	Model(ctx context.Context, name, version string) (infer.Model, error)
	// Index lists every model and version that is known, whether or not it is ready, sorted by name and version.
	Index(ctx context.Context) ([]*inferencepb.RepositoryIndexResponse_ModelIndex, error)
	// Statistics are those of all models.
	Statistics(ctx context.Context) ([]*inferencepb.ModelStatistics, error)
	// Server is the upstream server of that name. The error is NOT_FOUND when there is none.
	Server(name string) (Administrator, error)
	// Hosts reports whether requests to a model of that name go to the upstream server of that name, without a graph or another
	// server between.
	Hosts(ctx context.Context, server, model string) bool
	// Ready is nil when requests can be routed, or why not. It says nothing about single models.
	Ready(ctx context.Context) error
}

// Administrator is a model server that takes calls about itself, rather than about a request: to load a model, to register memory.
type Administrator interface {
	// Administer makes the unary RPC of that full method and fills reply in.
	Administer(ctx context.Context, method string, req, reply proto.Message) error
}
