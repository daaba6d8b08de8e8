package config

import "github.com/manifold-serving/manifold/graph"

// InferenceGraph is a graph of models, KServe's own resource. Whether its nodes, conditions and targets fit together is for
// graph.Compile to say, which sees all graphs and models at once; [Resources.Locate] tells where its faults were written.
type InferenceGraph struct {
	Metadata Metadata
	Source   Source
	Spec     graph.Spec
}

func (l *loader) inferenceGraph(d *document) {
	e, misfits := open[graph.Spec, any](d)
	var missing Faults
	if e.Spec == nil {
		missing = Faults{d.fault("spec", "spec", "is missing: a graph has spec.nodes, with a node root")}
	}
	if faults := misfits.with(missing); len(faults) > 0 {
		l.fault(faults...)
		return
	}
	r := l.resources
	r.InferenceGraphs = append(r.InferenceGraphs, InferenceGraph{Metadata: e.Metadata, Source: d.source(), Spec: *e.Spec})
}
