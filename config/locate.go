package config

import (
	"errors"

	"github.com/manifold-serving/manifold/graph"
)

// Locate answers err, as graph.Compile gives it, with the file, line and field of every fault. An error without graph faults, and a
// fault of a graph that is not among the resources, comes back as it is.
func (r *Resources) Locate(err error) error {
	var found graph.Faults
	if !errors.As(err, &found) {
		return err
	}
	located := make(Faults, len(found))
	for i, fault := range found {
		located[i] = r.place(fault)
	}
	return located
}

// Place is where a resource stands, and a field of it: kind "InferenceGraph", name "animals", path "spec.nodes.root.steps[1]". The line
// is that of the nearest field around path that is written; an unknown resource has no file and no line.
func (r *Resources) Place(kind, name, path string) Fault {
	d, known := r.written[kind+" "+name]
	if !known {
		return Fault{Resource: kind + " " + name, Path: path}
	}
	return d.fault(path, path, "")
}

func (r *Resources) place(f graph.Fault) Fault {
	if _, known := r.written[kindInferenceGraph+" "+f.Graph]; !known {
		return Fault{Message: f.Error()}
	}
	path := "spec"
	if f.Node != "" {
		path = child("spec.nodes", f.Node)
	}
	if f.Node != "" && f.Step > 0 {
		path = item(child(path, "steps"), f.Step-1)
	}
	located := r.Place(kindInferenceGraph, f.Graph, path)
	located.Message = f.Reason
	return located
}
