package graph

import (
	"context"
	"strconv"

	"github.com/manifold-serving/manifold/infer"
)

// Options are what a graph is given by those who know transports and JSON.
type Options struct {
	Resolver Resolver         // what targets stand for; required
	View     infer.View       // what conditions are tested on; required
	Observer Observer         // nil: nobody watches
	Intn     func(n int) int  // uniform in [0,n), safe for concurrent use; nil: math/rand/v2
	Previous map[string]*Plan // those that are replaced: a graph whose spec is the same goes on counting; nil: there are none
}

// Resolver tells what a target stands for.
type Resolver interface {
	// Resolve returns the model behind target, or an error that tells what is wrong with it and, where a name is unknown, the
	// nearest that is known. It is called once for each target of a [Compile], and should not dial.
	//
	// The handler is sent requests that name the service as their model, or none when the target is a URL, and no version. Where it
	// is an [infer.Describer], its metadata tell how to chain outputs to its inputs; where it is an [infer.Prober], the graph is
	// ready when it is. Both are asked often and should answer from memory. Whether or not it is an [infer.DocumentTaker], it answers a
	// document with a document: in a graph with one that is, the others get documents too.
	Resolve(target Target) (infer.Handler, error)
}

// Observer watches steps, for metrics and traces. It is safe for concurrent use.
type Observer interface {
	// Step is called as a step begins; the step runs under the context that it returns. The function is called as the step
	// ends, with its failure, whatever then becomes of that.
	Step(ctx context.Context, step StepInfo) (context.Context, func(error))
}

// StepInfo says which step it is. Its texts come from the graph's spec, so they are as few as its steps.
type StepInfo struct {
	Graph  string
	Node   string
	Index  int    // from 1, in the order of the spec
	Name   string // may be empty
	Target string // node, graph, service or URL
}

// Label names the step within its graph: NODE/NAME, or NODE/2 for a step without a name.
func (s StepInfo) Label() string {
	if s.Name != "" {
		return s.Node + "/" + s.Name
	}
	return s.Node + "/" + strconv.Itoa(s.Index)
}
