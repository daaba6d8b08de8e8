package manifold

import (
	"context"

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
