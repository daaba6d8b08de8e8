package infer

import (
	"context"

	"github.com/manifold-serving/manifold/gen/inferencepb"
)

// Handler answers inference requests. An upstream server, a graph node, a whole graph, an embedded model and a policy
// around any of them are Handlers.
//
// Infer borrows req and gives the Response away (see the package's law of ownership). Its error is, or wraps, an [*Error],
// or is an error of ctx. Infer is safe for concurrent use.
type Handler interface {
	Infer(ctx context.Context, req *Request) (*Response, error)
}

// HandlerFunc makes a Handler of a function.
type HandlerFunc func(ctx context.Context, req *Request) (*Response, error)

// Infer calls f.
func (f HandlerFunc) Infer(ctx context.Context, req *Request) (*Response, error) { return f(ctx, req) }

// Middleware wraps a Handler in another one.
type Middleware func(Handler) Handler

// Describer tells what a model takes and gives.
type Describer interface {
	// Metadata returns a description that the caller must not change.
	Metadata(ctx context.Context) (*Metadata, error)
}

// Prober tells whether a model would answer now.
type Prober interface {
	// Ready returns nil, or why not.
	Ready(ctx context.Context) error
}

// Configurer tells how a model is configured, in Triton's terms.
type Configurer interface {
	// Config returns a configuration that the caller must not change. A server that has none to tell is described by its
	// metadata; see [Metadata.Config].
	Config(ctx context.Context) (*inferencepb.ModelConfig, error)
}

// Reporter tells what a model has done. Source: Triton's statistics extension.
type Reporter interface {
	// Statistics returns an entry for each version, and whatever else the model accounts for, such as the steps of a graph.
	// The caller may change them.
	Statistics(ctx context.Context) ([]*inferencepb.ModelStatistics, error)
}

// Model is what a name stands for on every edge.
type Model interface {
	Handler
	Streamer
	Describer
	Prober
	Configurer
	Reporter
}

// Metadata describes a model. Source: OIP v2, "Model Metadata".
type Metadata struct {
	Name       string
	Versions   []string // those that are ready
	Platform   string
	Inputs     []TensorMetadata
	Outputs    []TensorMetadata
	Properties map[string]string
}

// TensorMetadata describes an input or output; a dimension of -1 is variable.
type TensorMetadata struct {
	Name     string
	DataType DataType
	Shape    Shape
}
