package graph

import (
	"context"
	"slices"
	"time"

	"github.com/manifold-serving/manifold/infer"
)

// Plan is a compiled graph. It is immutable and safe for concurrent use.
type Plan struct {
	name      string
	spec      Spec
	root      *node
	timeout   time.Duration // 0: none
	services  []*service    // on some path through it and its graphs
	selective bool          // conditions look into messages
	platform  string        // Triton's name for what it is
	warnings  []string
	tallies   *tallies
}

var (
	_ infer.Model = (*Plan)(nil)
	_ target      = (*Plan)(nil)

	_ infer.DocumentTaker = (*Plan)(nil)
)

// planVersion is the one version that a graph has.
const planVersion = "1"

// Name is the graph's name.
func (p *Plan) Name() string { return p.name }

// Warnings are what the graph's author should know, each with its path. Some have several lines.
func (p *Plan) Warnings() []string { return slices.Clone(p.warnings) }

// TakesDocuments implements [infer.DocumentTaker]: one of the services below takes documents, so that what flows through the graph
// is what the client sent.
func (p *Plan) TakesDocuments() bool {
	return slices.ContainsFunc(p.services, func(s *service) bool { return infer.TakesDocuments(s.handler) })
}

// Infer implements [infer.Handler]. The response has the graph's name, version "1" and the client's id, and those outputs that req
// asks for, as classes where it asks for those. NOT_FOUND when a Switch has no match; DEADLINE_EXCEEDED when the spec's limits or the client's deadline pass;
// INVALID_ARGUMENT when req asks for an output that is not there; else what the step that failed gave.
func (p *Plan) Infer(ctx context.Context, req *infer.Request) (_ *infer.Response, err error) {
	start := time.Now()
	defer func() { p.tallies.graph.Done(start, err) }()
	want, err := p.wishes(req)
	if err != nil {
		return nil, err
	}
	ctx, cancel := limit(ctx, p.timeout)
	defer cancel()
	in := infer.Inherited(req)
	defer in.Free()
	resp, err := p.root.Infer(ctx, in)
	if err != nil {
		return nil, err
	}
	return want.answer(resp)
}

func (p *Plan) path() string { return Fault{Graph: p.name}.path() }

// Metadata implements [infer.Describer]: the inputs of the models that get the client's request first, the outputs of the steps
// that can end the graph. Where several do, it is what they have in common, with -1 for dimensions that differ. What no service
// tells is left out. The error is nil.
func (p *Plan) Metadata(ctx context.Context) (*infer.Metadata, error) {
	return p.describe(ctx, newSurvey()), nil
}

func (p *Plan) describe(ctx context.Context, s *survey) *infer.Metadata {
	return &infer.Metadata{
		Name:     p.name,
		Versions: []string{planVersion},
		Platform: p.platform,
		Inputs:   s.ask(ctx, p.root, entry).list,
		Outputs:  s.ask(ctx, p.root, exit).list,
	}
}

// Ready implements [infer.Prober]: every service on some path is ready.
func (p *Plan) Ready(ctx context.Context) error {
	for _, s := range p.services {
		if err := s.ready(ctx); err != nil {
			return infer.At(p.path()+": "+s.target.label(), err)
		}
	}
	return nil
}

func (p *Plan) size() size { return p.root.extent }
