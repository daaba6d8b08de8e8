package graph

import (
	"context"
	"slices"

	"github.com/manifold-serving/manifold/infer"
)

// tensors is what is known of the inputs or outputs of a target.
type tensors struct {
	list   []infer.TensorMetadata
	known  bool // somebody told
	agreed bool // everybody told, and all the same names in the same order
}

// survey asks services for their metadata, and everybody once: nodes share nodes, so there may be far more ways through a graph
// than steps.
type survey struct {
	services map[*service]*infer.Metadata
	nodes    map[inquiry]tensors
}

type inquiry struct {
	node *node
	part part
}

func newSurvey() *survey {
	return &survey{map[*service]*infer.Metadata{}, map[inquiry]tensors{}}
}

// ask returns the inputs (entry, fed) or the outputs (exit) of t.
func (s *survey) ask(ctx context.Context, t target, p part) tensors {
	switch t := t.(type) {
	case *Plan:
		return s.ask(ctx, t.root, p)
	case *node:
		return s.node(ctx, inquiry{t, p})
	case *service:
		return s.service(ctx, t, p)
	}
	return tensors{}
}

func (s *survey) service(ctx context.Context, t *service, p part) tensors {
	metadata, asked := s.services[t]
	if !asked {
		metadata = t.metadata(ctx)
		s.services[t] = metadata
	}
	switch {
	case metadata == nil:
		return tensors{}
	case p == exit:
		return tensors{metadata.Outputs, true, true}
	}
	return tensors{metadata.Inputs, true, true}
}

func (s *survey) node(ctx context.Context, q inquiry) tensors {
	if known, asked := s.nodes[q]; asked {
		return known
	}
	steps := q.node.router.part(q.part)
	answers := make([]tensors, len(steps))
	for i, step := range steps {
		answers[i] = s.ask(ctx, step.target, q.part)
	}
	found := common(answers)
	if _, merges := q.node.router.(ensemble); merges && q.part == exit {
		found = together(steps, answers)
	}
	s.nodes[q] = found
	return found
}

// common is what all answers that are known have in common.
func common(answers []tensors) tensors {
	var found tensors
	told := 0
	for _, a := range answers {
		switch {
		case !a.known:
			continue
		case told == 0:
			found = a
		default:
			found.agreed = found.agreed && a.agreed && slices.EqualFunc(found.list, a.list, sameName)
			found.list = overlap(found.list, a.list)
		}
		told++
	}
	found.agreed = found.agreed && told == len(answers)
	return found
}

func sameName(a, b infer.TensorMetadata) bool { return a.Name == b.Name }

// overlap keeps the tensors that a and b both have, as widely as it takes to hold for both.
func overlap(a, b []infer.TensorMetadata) []infer.TensorMetadata {
	var both []infer.TensorMetadata
	for _, x := range a {
		i := slices.IndexFunc(b, func(y infer.TensorMetadata) bool { return y.Name == x.Name && y.DataType == x.DataType })
		if i >= 0 {
			x.Shape = widened(x.Shape, b[i].Shape)
			both = append(both, x)
		}
	}
	return both
}

// widened is a shape with -1 wherever a and b differ; of different ranks nothing is known.
func widened(a, b infer.Shape) infer.Shape {
	if len(a) != len(b) {
		return infer.Shape{-1}
	}
	shape := slices.Clone(a)
	for i := range shape {
		if b[i] != a[i] {
			shape[i] = -1
		}
	}
	return shape
}

// together is an Ensemble's outputs: all of them, under the steps' names.
func together(steps []*step, answers []tensors) tensors {
	found := tensors{agreed: true}
	for i, a := range answers {
		found.known = found.known || a.known
		found.agreed = found.agreed && a.agreed
		for _, t := range a.list {
			t.Name = member(steps[i].info.Name, i) + "." + t.Name
			found.list = append(found.list, t)
		}
	}
	return found
}

// takes is what a chained request must fit, nil when it is not known: the inputs of a service, or those that everybody agrees on to
// whom a node hands its input.
func takes(ctx context.Context, t target) *infer.Metadata {
	if s, ok := t.(*service); ok {
		return s.metadata(ctx)
	}
	inputs := newSurvey().ask(ctx, t, fed)
	if !inputs.agreed {
		return nil
	}
	return &infer.Metadata{Name: nameOf(t), Inputs: inputs.list}
}

func nameOf(t target) string {
	switch t := t.(type) {
	case *Plan:
		return t.name
	case *node:
		return t.name
	}
	return ""
}
