package graph

import (
	"context"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/infer"
)

// choice is a Switch: it runs the first step whose condition its input matches. All conditions are tested on one document, which
// has what any of them can reach.
type choice struct {
	path  string // of its errors
	steps []step
}

var _ router = (*choice)(nil)

// Infer fails with NOT_FOUND when no condition matches.
func (c *choice) Infer(ctx context.Context, in *infer.Request) (*infer.Response, error) {
	s, err := c.choose(in)
	if err != nil {
		return nil, err
	}
	return s.run(ctx, in, nil)
}

func (c *choice) stream(ctx context.Context, in *infer.Request, out sink) error {
	s, err := c.choose(in)
	if err != nil {
		return err
	}
	return s.stream(ctx, in, nil, out)
}

func (c *choice) choose(in *infer.Request) (*step, error) {
	var document []byte
	for i := range c.steps {
		s := &c.steps[i]
		if s.condition.always() {
			return s, nil
		}
		if document == nil {
			var err error
			if document, err = s.condition.render(in); err != nil {
				return nil, infer.At(s.path, err)
			}
		}
		if s.condition.in(document) {
			return s, nil
		}
	}
	return nil, infer.At(c.path, infer.Errorf(codes.NotFound, "the request matches no condition of this Switch"))
}

func (c *choice) calls() int { return most(c.steps) }

func (c *choice) part(part) []*step { return every(c.steps) }

// newChoice gives the conditions of all steps the same document.
func newChoice(path string, steps []step) *choice {
	var parts infer.ViewParts
	for i := range steps {
		parts.Data = parts.Data || steps[i].condition.parts.Data
		parts.Rows = parts.Rows || steps[i].condition.parts.Rows
	}
	for i := range steps {
		steps[i].condition.parts = parts
	}
	return &choice{path, steps}
}
