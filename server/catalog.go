package server

import (
	"context"

	"github.com/manifold-serving/manifold/infer"
)

// Catalog is what the edges serve. It is safe for concurrent use; what it holds may change between calls.
type Catalog interface {
	// Model finds a model or graph. An empty version leaves the choice to the catalog. The error is, or wraps, an
	// *infer.Error: NOT_FOUND when there is no such name or version.
	Model(ctx context.Context, name, version string) (infer.Model, error)
	// Models are all names, sorted.
	Models(ctx context.Context) ([]string, error)
	// Ready is nil when requests can be routed, or why not. It says nothing about single models.
	Ready(ctx context.Context) error
}
