package manifold

import (
	"context"

	"google.golang.org/protobuf/proto"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

// renamed is a model that its server knows by another name.
type renamed struct {
	infer.Model
	name string
}

// Metadata implements [infer.Describer].
func (r renamed) Metadata(ctx context.Context) (*infer.Metadata, error) {
	m, err := r.Model.Metadata(ctx)
	if err != nil || m.Name == r.name {
		return m, err
	}
	own := *m
	own.Name = r.name
	return &own, nil
}

// Config implements [infer.Configurer].
func (r renamed) Config(ctx context.Context) (*inferencepb.ModelConfig, error) {
	c, err := r.Model.Config(ctx)
	if err != nil || c.GetName() == r.name {
		return c, err
	}
	own := proto.CloneOf(c)
	own.Name = r.name
	return own, nil
}

// Statistics implements [infer.Reporter].
func (r renamed) Statistics(ctx context.Context) ([]*inferencepb.ModelStatistics, error) {
	all, err := r.Model.Statistics(ctx)
	for _, s := range all {
		s.Name = r.name
	}
	return all, err
}

// atVersion is one version of a model.
type atVersion struct {
	infer.Model
	version string
}

// Infer implements [infer.Handler].
func (a atVersion) Infer(ctx context.Context, req *infer.Request) (*infer.Response, error) {
	pinned := req.Edit(infer.Edit{ModelVersion: &a.version})
	defer pinned.Free()
	return a.Model.Infer(ctx, pinned)
}

// Stream implements [infer.Streamer].
func (a atVersion) Stream(ctx context.Context, req *infer.Request, yield func(infer.Reply) error) error {
	pinned := req.Edit(infer.Edit{ModelVersion: &a.version})
	defer pinned.Free()
	return a.Model.Stream(ctx, pinned, yield)
}
