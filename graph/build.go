package graph

import (
	"reflect"
	"slices"
	"time"
)

// builder makes a Plan of a graph that has no faults of its own.
type builder struct {
	compiler *compiler
	spec     Spec
	plan     *Plan
	nodes    map[string]*node
}

// build returns nil when a graph that it leads to cannot be built.
func (c *compiler) build(name string) *Plan {
	spec := c.specs[name]
	b := &builder{c, spec, &Plan{name: name, timeout: seconds(&spec.Timeout), tallies: c.tallies(name, spec), spec: spec}, map[string]*node{}}
	b.plan.root = b.node(rootNode)
	if b.plan.root == nil {
		return nil
	}
	b.plan.services = needed(b.plan.root)
	b.plan.selective = selects(b.plan.root)
	b.plan.platform = platformOf(b.plan.root)
	b.plan.warnings = warnings(name, spec)
	return b.plan
}

// tallies are those of the plan that is replaced, if it is the same graph.
func (c *compiler) tallies(name string, spec Spec) *tallies {
	if previous := c.opts.Previous[name]; previous != nil && reflect.DeepEqual(previous.spec, spec) {
		return previous.tallies
	}
	return &tallies{}
}

// seconds is a limit as KServe writes it: nothing, 0 and less are none.
func seconds(s *int64) time.Duration {
	const longest = int64(1 << 31) // 68 years; a product beyond would overflow
	if s == nil || *s <= 0 {
		return 0
	}
	return time.Duration(min(*s, longest)) * time.Second
}

// node compiles a node once; nil when it leads to a graph that cannot be built.
func (b *builder) node(name string) *node {
	if n, done := b.nodes[name]; done {
		return n
	}
	spec := b.spec.Nodes[name]
	steps := make([]step, len(spec.Steps))
	for i := range steps {
		if steps[i] = b.step(name, i); steps[i].target == nil {
			b.nodes[name] = nil
			return nil
		}
	}
	r := b.router(name, spec.RouterType, steps)
	n := &node{name: name, router: r, extent: sizeOf(r, steps)}
	b.nodes[name] = n
	return n
}

func (b *builder) router(name, kind string, steps []step) router {
	path := Fault{Graph: b.plan.name, Node: name}.path()
	switch kind {
	case typeSwitch:
		return newChoice(path, steps)
	case typeEnsemble:
		return ensemble(steps)
	case typeSplitter:
		return &splitter{path, steps, b.compiler.opts.Intn}
	}
	return sequence(steps)
}

// step leaves the target nil when it cannot be built.
func (b *builder) step(nodeName string, i int) step {
	node := b.spec.Nodes[nodeName]
	spec := node.Steps[i]
	place := placeOf(b.plan.name, nodeName, spec, i)
	s := step{
		info:      StepInfo{b.plan.name, nodeName, i + 1, spec.Name, spec.target()},
		path:      place.path(),
		chained:   chained(node, i),
		hard:      spec.Dependency == dependencyHard,
		instances: node.RouterType == typeSequence && spec.MapPredictionsToInstances,
		observer:  b.compiler.opts.Observer,
	}
	s.counter = b.plan.tallies.step(s.info)
	if spec.Weight != nil {
		s.weight = *spec.Weight
	}
	if spec.Condition != "" && conditional(node) {
		s.condition = newCondition(spec.Condition, b.compiler.opts.View)
	}
	b.aim(&s, spec)
	return s
}

// aim sets the step's target, unless it cannot be built.
func (b *builder) aim(s *step, spec StepSpec) {
	if spec.NodeName != "" {
		if n := b.node(spec.NodeName); n != nil {
			s.target = n
		}
		return
	}
	if limits := b.spec.RouterTimeouts; limits != nil {
		s.timeout = seconds(limits.ServiceClient)
	}
	t := Target{spec.ServiceName, spec.ServiceURL}
	if b.compiler.isGraph(spec.ServiceName) {
		if p := b.compiler.plan(spec.ServiceName); p != nil {
			s.target = p
		}
		return
	}
	if service, err := b.compiler.resolve(t); err == nil {
		s.target = service
	}
}

// needed are the services below n that a request can reach, each once.
func needed(n *node) []*service {
	var services []*service
	seen := map[*service]bool{}
	add := func(all ...*service) {
		for _, s := range all {
			if !seen[s] {
				seen[s] = true
				services = append(services, s)
			}
		}
	}
	for _, s := range n.reachable() {
		switch t := s.target.(type) {
		case *Plan:
			add(t.services...)
		case *service:
			add(t)
		}
	}
	return services
}

// selects reports whether a condition below n looks into messages.
func selects(n *node) bool {
	return slices.ContainsFunc(n.reachable(), func(s *step) bool {
		inner, nested := s.target.(*Plan)
		return s.condition != nil && !s.condition.always() || nested && inner.selective
	})
}

// platformOf tells whether all that the steps below n call has a name.
func platformOf(n *node) string {
	for _, s := range n.reachable() {
		if t, ok := s.target.(*service); ok && t.target.URL != "" {
			return platformPlain
		}
	}
	return platformEnsemble
}
