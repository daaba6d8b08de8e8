package graph

import (
	"context"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/infer"
)

// sequence runs its steps in order.
type sequence []step

var _ router = sequence(nil)

// Infer ends at the first step whose condition the previous response does not match, and answers that response; at the failure of a
// Hard step; at a step that needs the response of one that failed; else behind the last step.
func (s sequence) Infer(ctx context.Context, in *infer.Request) (*infer.Response, error) {
	last, previous, err := s.lead(ctx, in)
	if last == nil {
		return previous, err
	}
	return last.replace(ctx, in, previous)
}

func (s sequence) stream(ctx context.Context, in *infer.Request, out sink) error {
	last, previous, err := s.lead(ctx, in)
	switch {
	case err != nil:
		return err
	case last == nil:
		return out.once(previous)
	case previous == nil:
		return last.stream(ctx, in, nil, out)
	case !last.chained:
		previous.Free()
		return last.stream(ctx, in, nil, out)
	}
	defer previous.Free()
	return last.stream(ctx, in, previous, out)
}

// lead runs the steps before the last one. When the last one is to run it returns it, and the response that it follows; otherwise the
// response or the error is the answer.
func (s sequence) lead(ctx context.Context, in *infer.Request) (last *step, previous *infer.Response, err error) {
	var failure error
	for i := range s {
		if failure != nil && s[i].follows() {
			return nil, nil, failure
		}
		matches, err := s[i].admits(previous)
		switch {
		case err != nil:
			previous.Free()
			return nil, nil, err
		case !matches:
			return nil, previous, nil
		case i == len(s)-1:
			return &s[i], previous, nil
		}
		previous, failure = s[i].replace(ctx, in, previous)
		if failure != nil && s[i].hard {
			return nil, nil, failure
		}
	}
	return nil, previous, failure // a Sequence has steps
}

// follows reports whether the step needs the previous response.
func (s *step) follows() bool { return s.chained || s.condition != nil }

// admits tests the condition, if there is one, on the previous response.
func (s *step) admits(previous *infer.Response) (bool, error) {
	if s.condition == nil {
		return true, nil
	}
	matches, err := s.condition.matches(previous)
	if err != nil {
		reason := "the previous response cannot be read by the condition: %w"
		return false, infer.At(s.path, infer.Errorf(codes.Internal, reason, err))
	}
	return matches, nil
}

// replace is run, taking previous over. A response that the step does not need is freed before it runs.
func (s *step) replace(ctx context.Context, in *infer.Request, previous *infer.Response) (*infer.Response, error) {
	if previous == nil {
		return s.run(ctx, in, nil)
	}
	if !s.chained {
		previous.Free()
		return s.run(ctx, in, nil)
	}
	defer previous.Free()
	return s.run(ctx, in, previous)
}

func (s sequence) calls() int { return sum(s) }

func (s sequence) part(p part) []*step {
	var steps []*step
	for i := range s {
		if s.has(p, i) {
			steps = append(steps, &s[i])
		}
	}
	return steps
}

func (s sequence) has(p part, i int) bool {
	switch p {
	case entry:
		return i == 0
	case fed:
		return !s[i].chained
	case exit:
		return i == len(s)-1 || s[i+1].condition != nil
	case last:
		return i == len(s)-1
	case run:
	}
	return true
}
