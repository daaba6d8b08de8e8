package graph

import (
	"context"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/infer"
)

// splitter runs one step, drawn by weight.
type splitter struct {
	path  string // of its errors
	steps []step
	intn  func(n int) int
}

var _ router = (*splitter)(nil)

// totalWeight is what a Splitter's weights sum to.
const totalWeight = 100

// Infer implements [infer.Handler].
func (s *splitter) Infer(ctx context.Context, in *infer.Request) (*infer.Response, error) {
	drawn, err := s.draw()
	if err != nil {
		return nil, err
	}
	return drawn.run(ctx, in, nil)
}

func (s *splitter) stream(ctx context.Context, in *infer.Request, out sink) error {
	drawn, err := s.draw()
	if err != nil {
		return err
	}
	return drawn.stream(ctx, in, nil, out)
}

func (s *splitter) draw() (*step, error) {
	draw := int64(s.intn(totalWeight))
	for i := range s.steps {
		if draw -= s.steps[i].weight; draw < 0 {
			return &s.steps[i], nil
		}
	}
	return nil, infer.At(s.path, infer.Errorf(codes.Internal, "Options.Intn drew a number outside [0,%d)", totalWeight))
}

func (s *splitter) calls() int { return most(s.steps) }

// part leaves out steps that no draw can reach.
func (s *splitter) part(part) []*step {
	var steps []*step
	for i := range s.steps {
		if s.steps[i].weight > 0 {
			steps = append(steps, &s.steps[i])
		}
	}
	return steps
}
