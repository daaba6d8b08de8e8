package manifold

import (
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/v1json"
)

// What stands between an edge or a graph and a model says that the model takes documents, when it does.
var (
	_ infer.DocumentTaker = (*resident)(nil)
	_ infer.DocumentTaker = renamed{}
	_ infer.DocumentTaker = late{}
	_ infer.DocumentTaker = lease{}
)

// TakesDocuments implements [infer.DocumentTaker].
func (r *resident) TakesDocuments() bool { return infer.TakesDocuments(r.Model) }

// TakesDocuments implements [infer.DocumentTaker].
func (r renamed) TakesDocuments() bool { return infer.TakesDocuments(r.Model) }

// TakesDocuments implements [infer.DocumentTaker].
func (l lease) TakesDocuments() bool { return infer.TakesDocuments(l.model) }

// TakesDocuments implements [infer.DocumentTaker]: one of the servers that may have the model does.
func (l late) TakesDocuments() bool {
	for _, s := range l.from.servers {
		if infer.TakesDocuments(s.Model(l.name)) {
			return true
		}
	}
	return false
}

// inBothForms is m as a leaf of a graph: it answers documents too, translated where m takes tensors alone.
func inBothForms(m infer.Model) infer.Model {
	if infer.TakesDocuments(m) {
		return m
	}
	return v1json.Model{Model: m}
}
