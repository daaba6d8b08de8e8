package graph

import (
	"context"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

// The platforms of a graph. Triton's tools ask for the models of an "ensemble" by name, so a graph that calls URLs is not one.
const (
	platformEnsemble = "ensemble"
	platformPlain    = "graph"
)

// Config implements [infer.Configurer]: the graph as a Triton ensemble of the models that its steps call, which answer under their own
// names; or, when a step calls a URL and so a model that has no name here, without ensemble_scheduling. It is decoupled when a last
// step is. Its max_batch_size is the least of its models', if all have one, all tensors of the graph have an axis for it, and no
// condition looks into a batch; otherwise it is 0 and shapes are whole. The error is nil.
func (p *Plan) Config(ctx context.Context) (*inferencepb.ModelConfig, error) {
	s := newSurvey()
	m := p.describe(ctx, s)
	c := m.Config()
	services := p.inventory(ctx)
	c.ModelTransactionPolicy.Decoupled = services.decoupled(p.root, map[*node]bool{})
	services.setOptional(c.GetInput(), p.root.firsts())
	if size := services.maxBatch(); size > 0 && !p.selective && batched(m) {
		setBatch(c, size)
	}
	if p.platform == platformEnsemble {
		c.SchedulingChoice = &inferencepb.ModelConfig_EnsembleScheduling{EnsembleScheduling: p.scheduling(ctx, s)}
	}
	return c, nil
}

// batched reports whether every tensor may be a batch.
func batched(m *infer.Metadata) bool {
	for _, list := range [][]infer.TensorMetadata{m.Inputs, m.Outputs} {
		for _, t := range list {
			if len(t.Shape) < 2 || t.Shape[0] >= 0 {
				return false
			}
		}
	}
	return len(m.Inputs) > 0 && len(m.Outputs) > 0
}

// setBatch makes the first axis of every tensor the batch, which Triton's dims leave out.
func setBatch(c *inferencepb.ModelConfig, size int32) {
	c.MaxBatchSize = size
	for _, in := range c.GetInput() {
		in.Dims = in.GetDims()[1:]
	}
	for _, out := range c.GetOutput() {
		out.Dims = out.GetDims()[1:]
	}
}

// inventory is how the services of a graph are configured; nil for one that does not tell.
type inventory map[*service]*inferencepb.ModelConfig

func (p *Plan) inventory(ctx context.Context) inventory {
	all := inventory{}
	for _, s := range p.services {
		all[s] = s.config(ctx)
	}
	return all
}

// maxBatch is the least of all, 0 when one has none.
func (i inventory) maxBatch() int32 {
	var least int32
	for _, c := range i {
		switch size := c.GetMaxBatchSize(); {
		case size <= 0:
			return 0
		case least == 0 || size < least:
			least = size
		}
	}
	return least
}

// setOptional marks the inputs that none of the services that get them first needs.
func (i inventory) setOptional(inputs []*inferencepb.ModelInput, firsts []*service) {
	needs, known := map[string]bool{}, map[string]bool{}
	for _, s := range firsts {
		for _, in := range i[s].GetInput() {
			known[in.GetName()] = true
			needs[in.GetName()] = needs[in.GetName()] || !in.GetOptional()
		}
	}
	for _, in := range inputs {
		in.Optional = known[in.GetName()] && !needs[in.GetName()]
	}
}

// decoupled reports whether a service whose stream can be that of t is.
func (i inventory) decoupled(t target, seen map[*node]bool) bool {
	switch t := t.(type) {
	case *Plan:
		return i.decoupled(t.root, seen)
	case *service:
		return i[t].GetModelTransactionPolicy().GetDecoupled()
	case *node:
		if seen[t] {
			return false
		}
		seen[t] = true
		for _, s := range t.router.part(last) {
			if i.decoupled(s.target, seen) {
				return true
			}
		}
	}
	return false
}
