package graph

import (
	"context"
	"slices"

	"github.com/manifold-serving/manifold/gen/inferencepb"
)

// latestVersion is Triton's number for the latest version of a model.
const latestVersion = -1

// scheduling lists the steps that call models, in the order of the nodes from root on. Which tensors go where is told of root's own
// steps alone, as far as their models describe themselves: the inputs that are the graph's, and the outputs that become the graph's.
func (p *Plan) scheduling(ctx context.Context, s *survey) *inferencepb.ModelEnsembling {
	takesInput, givesOutput := p.root.router.part(fed), p.root.router.part(exit)
	scheduling := &inferencepb.ModelEnsembling{}
	for _, step := range p.root.reachable() {
		if _, nested := step.target.(*node); nested {
			continue
		}
		entry := &inferencepb.ModelEnsembling_Step{ModelName: step.info.Target, ModelVersion: latestVersion}
		if slices.Contains(takesInput, step) {
			entry.InputMap = tensorMap(s.ask(ctx, step.target, fed), "")
		}
		if slices.Contains(givesOutput, step) {
			entry.OutputMap = tensorMap(s.ask(ctx, step.target, exit), p.root.prefix(step))
		}
		scheduling.Step = append(scheduling.Step, entry)
	}
	return scheduling
}

// tensorMap says which tensors of the graph a model's are.
func tensorMap(t tensors, prefix string) map[string]string {
	names := make(map[string]string, len(t.list))
	for _, tensor := range t.list {
		names[tensor.Name] = prefix + tensor.Name
	}
	return names
}

// prefix is what the node puts before the names of a step's outputs.
func (n *node) prefix(s *step) string {
	if _, merges := n.router.(ensemble); !merges {
		return ""
	}
	return member(s.info.Name, s.info.Index-1) + "."
}
