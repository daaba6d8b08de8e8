package graph

import (
	"fmt"
	"strings"
)

// Fault is one reason why a graph cannot be loaded, and where it lies.
type Fault struct { //nolint:errname // it is a place with a reason, and an error only so that errors.As finds it
	Graph  string
	Node   string // empty: the graph as a whole
	Step   int    // from 1; 0: the node as a whole
	Name   string // of the step; may be empty
	Reason string // ends with the cure
}

// Error returns "graph iris: node root: step 2 (plant): reason".
func (f Fault) Error() string { return f.path() + ": " + f.Reason }

// path names the place.
func (f Fault) path() string {
	path := "graph " + f.Graph
	if f.Node != "" {
		path += ": node " + f.Node
	}
	if f.Step > 0 {
		path += fmt.Sprintf(": step %d", f.Step)
	}
	if f.Step > 0 && f.Name != "" {
		path += " (" + f.Name + ")"
	}
	return path
}

// Faults are all faults of a set of graphs, ordered by graph.
type Faults []Fault //nolint:errname // as Fault

// Error has one fault a line.
func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i := range f {
		lines[i] = f[i].Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives the single faults to errors.As.
func (f Faults) Unwrap() []error {
	all := make([]error, len(f))
	for i := range f {
		all[i] = f[i]
	}
	return all
}
