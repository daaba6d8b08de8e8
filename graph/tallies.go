package graph

import (
	"context"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer/tally"
)

// tallies count what a graph and each of its steps have done. They outlive a Plan that is compiled again from the same spec.
type tallies struct {
	graph tally.Counter
	steps []*stepTally // in the order in which the graph was compiled
}

type stepTally struct {
	info    StepInfo
	counter tally.Counter
}

// step is the counter of a step, which is made when there is none.
func (t *tallies) step(info StepInfo) *tally.Counter {
	for _, s := range t.steps {
		if s.info == info {
			return &s.counter
		}
	}
	s := &stepTally{info: info}
	t.steps = append(t.steps, s)
	return &s.counter
}

// Statistics implements [infer.Reporter]: an entry for the graph, and one for each step, named GRAPH/NODE/STEP as [StepInfo.Label] has
// it. A request that streams counts once, with the time until its last reply. The error is nil.
func (p *Plan) Statistics(context.Context) ([]*inferencepb.ModelStatistics, error) {
	all := []*inferencepb.ModelStatistics{p.tallies.graph.Statistics(p.name, planVersion)}
	for _, s := range p.tallies.steps {
		all = append(all, s.counter.Statistics(p.name+"/"+s.info.Label(), planVersion))
	}
	return all, nil
}
