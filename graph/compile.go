package graph

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
)

// Compile compiles a set of graphs together, since their steps may name each other: a serviceName is a graph of the set before it is
// anything else.
//
// The error is [Faults] when specs are at fault; the plans of graphs that have none, and lead to none that has, are returned
// beside it.
func Compile(specs map[string]Spec, opts Options) (map[string]*Plan, error) {
	if opts.Resolver == nil || opts.View == nil {
		return nil, errors.New("graph: options: a Resolver and a View are required")
	}
	if opts.Intn == nil {
		opts.Intn = rand.IntN
	}
	c := &compiler{specs: specs, opts: opts, plans: map[string]*Plan{}, services: map[Target]resolved{}}
	names := slices.Sorted(maps.Keys(specs))
	for _, name := range names {
		c.inspect(name)
	}
	c.findGraphCycles(names)
	for _, name := range names {
		c.plan(name)
	}
	maps.DeleteFunc(c.plans, func(_ string, p *Plan) bool { return p == nil })
	slices.SortStableFunc(c.faults, func(a, b Fault) int { return strings.Compare(a.Graph, b.Graph) })
	if len(c.faults) > 0 {
		return c.plans, c.faults
	}
	return c.plans, nil
}

// compiler is the state of one [Compile].
type compiler struct {
	specs    map[string]Spec
	opts     Options
	faults   Faults
	services map[Target]resolved
	plans    map[string]*Plan // nil: cannot be built
}

type resolved struct {
	service *service
	err     error
}

// fault notes one more fault at that place.
func (c *compiler) fault(at Fault, format string, args ...any) {
	at.Reason = fmt.Sprintf(format, args...)
	c.faults = append(c.faults, at)
}

// sound reports whether nothing is known against a graph by itself.
func (c *compiler) sound(graph string) bool {
	return !slices.ContainsFunc(c.faults, func(f Fault) bool { return f.Graph == graph })
}

// resolve asks for each target once.
func (c *compiler) resolve(t Target) (*service, error) {
	if r, known := c.services[t]; known {
		return r.service, r.err
	}
	handler, err := c.opts.Resolver.Resolve(t)
	if err == nil && handler == nil {
		err = fmt.Errorf("%s is not known", t.label())
	}
	r := resolved{&service{t, handler}, err}
	c.services[t] = r
	return r.service, err
}

// plan builds a graph, and those that it leads to first; nil when that is not possible.
func (c *compiler) plan(name string) *Plan {
	if p, done := c.plans[name]; done {
		return p
	}
	c.plans[name] = nil
	if !c.sound(name) {
		return nil
	}
	if p := c.build(name); p != nil && c.withinLimits(p) {
		c.plans[name] = p
	}
	return c.plans[name]
}

// What one request may cost. Beyond it a graph is a mistake, or an attack.
const (
	maxDepth = 64   // nodes
	maxSteps = 1024 // of one graph
	maxCalls = 256  // of services, in the worst case of one request
)

func (c *compiler) withinLimits(p *Plan) bool {
	at := Fault{Graph: p.name}
	s := p.size()
	if s.depth > maxDepth {
		c.fault(at, "its nodes lie %d deep, and at most %d may; lead fewer nodes through each other", s.depth, maxDepth)
	}
	if s.calls > maxCalls {
		c.fault(at, "one request can take %d calls, and at most %d may; use fewer steps, or a Switch in place of an Ensemble", s.calls, maxCalls)
	}
	return s.depth <= maxDepth && s.calls <= maxCalls
}
