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

// Version implements [versioned].
func (r renamed) Version(version string) (infer.Model, error) {
	m, err := atVersion(r.Model, version)
	if err != nil {
		return nil, err
	}
	return renamed{m, r.name}, nil
}

// atVersion is that version of m, or m itself when it does not tell its versions apart.
func atVersion(m infer.Model, version string) (infer.Model, error) {
	if v, ok := m.(versioned); ok {
		return v.Version(version)
	}
	return m, nil
}
