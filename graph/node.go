package graph

import (
	"context"
	"math"

	"github.com/manifold-serving/manifold/infer"
)

// node is a compiled node. Several steps may lead to one.
type node struct {
	name   string
	router router
	extent size
}

var _ target = (*node)(nil)

// router is what a node does with its input.
type router interface {
	infer.Handler
	// stream is Infer with any number of replies.
	stream(ctx context.Context, in *infer.Request, out sink) error
	// part returns the steps that have that part in the node.
	part(p part) []*step
	// calls is the number of calls in the worst case of one request.
	calls() int
}

// part is what a step has to do with the world outside its node.
type part int

const (
	run   part = iota // a request can get to it
	entry             // the node's input goes to it before it goes to others
	fed               // the node's input goes to it
	exit              // its answer can be the node's
	last              // its answer, if it can be the node's, goes through as it comes
)

// Infer implements [infer.Handler].
func (n *node) Infer(ctx context.Context, in *infer.Request) (*infer.Response, error) {
	return n.router.Infer(ctx, in)
}

func (n *node) stream(ctx context.Context, in *infer.Request, out sink) error {
	return n.router.stream(ctx, in, out)
}

// reachable are the steps of n, and of the nodes below it, that a request can get to, each node's once.
func (n *node) reachable() []*step {
	var steps []*step
	seen := map[*node]bool{n: true}
	for waiting := []*node{n}; len(waiting) > 0; {
		own := waiting[0].router.part(run)
		waiting = waiting[1:]
		steps = append(steps, own...)
		for _, s := range own {
			if below, nested := s.target.(*node); nested && !seen[below] {
				seen[below] = true
				waiting = append(waiting, below)
			}
		}
	}
	return steps
}

// firsts are the services that n's input goes to before it goes to others, through nodes and graphs.
func (n *node) firsts() []*service {
	var services []*service
	seen := map[*node]bool{n: true}
	for waiting := []*node{n}; len(waiting) > 0; {
		steps := waiting[0].router.part(entry)
		waiting = waiting[1:]
		for _, s := range steps {
			below, nested := s.target.(*node)
			switch t := s.target.(type) {
			case *Plan:
				below, nested = t.root, true
			case *service:
				services = append(services, t)
			}
			if nested && !seen[below] {
				seen[below] = true
				waiting = append(waiting, below)
			}
		}
	}
	return services
}

func (n *node) size() size { return n.extent }

// size is how large the graph below a target is.
type size struct {
	depth int // in nodes
	calls int // of services, in the worst case of one request
}

// sizeOf measures a router whose targets are measured.
func sizeOf(r router, steps []step) size {
	s := size{calls: r.calls()}
	for i := range steps {
		s.depth = max(s.depth, steps[i].target.size().depth)
	}
	s.depth++
	return s
}

// sum is the calls of a router that may run all steps.
func sum(steps []step) int {
	n := 0
	for i := range steps {
		n = min(n+steps[i].target.size().calls, math.MaxInt32)
	}
	return n
}

// most is the calls of a router that runs one step.
func most(steps []step) int {
	n := 0
	for i := range steps {
		n = max(n, steps[i].target.size().calls)
	}
	return n
}

// every returns all steps.
func every(steps []step) []*step {
	all := make([]*step, len(steps))
	for i := range steps {
		all[i] = &steps[i]
	}
	return all
}
