package graph

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// inspect notes what is wrong with a graph by itself.
func (c *compiler) inspect(graph string) {
	spec := c.specs[graph]
	at := Fault{Graph: graph}
	steps := 0
	for _, name := range nodeNames(spec) {
		c.inspectNode(Fault{Graph: graph, Node: name}, spec)
		steps += len(spec.Nodes[name].Steps)
	}
	if steps > maxSteps {
		c.fault(at, "it has %d steps, and at most %d may be; make some of its nodes a graph of their own", steps, maxSteps)
	}
	switch _, rooted := spec.Nodes[rootNode]; {
	case len(spec.Nodes) == 0:
		c.fault(at, "it has no nodes; requests enter at a node named %s", rootNode)
	case !rooted:
		c.fault(at, "it has no node named %s, where requests enter; rename one of %s", rootNode, strings.Join(nodeNames(spec), ", "))
	default:
		c.walk(graph, spec)
	}
}

// nodeNames lists root first, then the others by name.
func nodeNames(spec Spec) []string {
	return slices.SortedFunc(maps.Keys(spec.Nodes), func(a, b string) int {
		switch {
		case a == rootNode:
			return -1
		case b == rootNode:
			return 1
		}
		return strings.Compare(a, b)
	})
}

func (c *compiler) inspectNode(at Fault, spec Spec) {
	node := spec.Nodes[at.Node]
	types := []string{typeSequence, typeSwitch, typeEnsemble, typeSplitter}
	switch {
	case node.RouterType == "":
		c.fault(at, "its routerType is missing; write one of %s", strings.Join(types, ", "))
	case !slices.Contains(types, node.RouterType):
		c.fault(at, "routerType %q is unknown; %s", node.RouterType, didYouMean(node.RouterType, types))
	}
	if len(node.Steps) == 0 {
		c.fault(at, "it has no steps; give it one, or remove it")
	}
	for i, step := range node.Steps {
		c.inspectStep(placeOf(at.Graph, at.Node, step, i), spec, node)
	}
	c.checkNames(at, node)
	c.checkWeights(at, node)
}

func placeOf(graph, node string, step StepSpec, i int) Fault {
	return Fault{Graph: graph, Node: node, Step: i + 1, Name: step.Name}
}

func (c *compiler) inspectStep(at Fault, spec Spec, node Node) {
	step := node.Steps[at.Step-1]
	c.checkTarget(at, spec, step)
	data := []string{dataRequest, dataResponse}
	if step.Data != "" && !slices.Contains(data, step.Data) {
		c.fault(at, "data %q is neither %s nor %s, and there are no others; %s", step.Data, data[0], data[1], didYouMean(step.Data, data))
	}
	dependencies := []string{dependencyHard, dependencySoft}
	if step.Dependency != "" && !slices.Contains(dependencies, step.Dependency) {
		c.fault(at, "dependency %q is neither Hard nor Soft; %s", step.Dependency, didYouMean(step.Dependency, dependencies))
	}
	c.checkCondition(at, node, step)
}

func (c *compiler) checkTarget(at Fault, spec Spec, step StepSpec) {
	set := step.targets()
	switch {
	case len(set) == 0:
		c.fault(at, "it has no target; set one of nodeName, serviceName and serviceUrl")
		return
	case len(set) > 1:
		c.fault(at, "it has more than one target, %s; keep one", strings.Join(set, " and "))
		return
	}
	if step.NodeName != "" {
		if _, known := spec.Nodes[step.NodeName]; !known {
			c.fault(at, "nodeName %q is not a node of this graph; %s", step.NodeName, didYouMean(step.NodeName, nodeNames(spec)))
		}
		return
	}
	if err := checkURL(step.ServiceURL); err != nil {
		c.fault(at, "serviceUrl: %v", err)
		return
	}
	if c.isGraph(step.ServiceName) {
		return
	}
	if _, err := c.resolve(Target{step.ServiceName, step.ServiceURL}); err != nil {
		c.fault(at, "%v", err)
	}
}

func (c *compiler) isGraph(service string) bool {
	_, graph := c.specs[service]
	return graph && service != ""
}

// targets names the fields that are set.
func (s StepSpec) targets() []string {
	var set []string
	for _, field := range []struct{ name, value string }{
		{"nodeName", s.NodeName}, {"serviceName", s.ServiceName}, {"serviceUrl", s.ServiceURL},
	} {
		if field.value != "" {
			set = append(set, field.name)
		}
	}
	return set
}

func checkURL(address string) error {
	if address == "" {
		return nil
	}
	u, err := url.Parse(address)
	if err != nil {
		if cause, ok := errors.AsType[*url.Error](err); ok {
			err = cause.Err // without the address, which may hold a password
		}
		return fmt.Errorf("it is not an address: %w; write grpc://host:port/model", err)
	}
	switch u.Scheme {
	case "grpc", "grpcs", "http", "https":
	case "":
		return fmt.Errorf("%q has no scheme; use grpc, grpcs, http or https", u.Redacted())
	default:
		return fmt.Errorf("%q: scheme %s is not served; use grpc, grpcs, http or https", u.Redacted(), u.Scheme)
	}
	if u.Host == "" {
		return fmt.Errorf("%q has no host; write grpc://host:port/model", u.Redacted())
	}
	return nil
}

// conditional reports whether the node's router tests conditions.
func conditional(node Node) bool {
	return node.RouterType == typeSequence || node.RouterType == typeSwitch
}

// chained reports whether step i's request is made of the previous response.
func chained(node Node, i int) bool {
	return node.RouterType == typeSequence && i > 0 && node.Steps[i].Data == dataResponse
}

func (c *compiler) checkCondition(at Fault, node Node, step StepSpec) {
	switch {
	case node.RouterType == typeSwitch && step.Condition == "":
		c.fault(at, `it has no condition, so this Switch would never run it; write condition: "%s" if it is the default`, anything)
	case node.RouterType == typeSequence && at.Step == 1 && step.Condition != "":
		c.fault(at, "its condition has no previous response to be tested on; remove it, or test the request in a Switch")
	case step.Condition != "":
		if err := checkCondition(step.Condition); err != nil {
			c.fault(at, "condition %s: %v", step.Condition, err)
		}
	}
}

func (c *compiler) checkNames(at Fault, node Node) {
	seen := map[string]int{}
	for i, step := range node.Steps {
		name := step.Name
		if node.RouterType == typeEnsemble {
			name = member(name, i)
		}
		if name == "" {
			continue
		}
		if first, twice := seen[name]; twice {
			c.fault(placeOf(at.Graph, at.Node, step, i), "it is named %q, as step %d is; give each step a name of its own", name, first)
			continue
		}
		seen[name] = i + 1
	}
}

func (c *compiler) checkWeights(at Fault, node Node) {
	if node.RouterType != typeSplitter || len(node.Steps) == 0 {
		return
	}
	total, valid := int64(0), true
	for i, step := range node.Steps {
		place := placeOf(at.Graph, at.Node, step, i)
		switch {
		case step.Weight == nil:
			c.fault(place, "its weight is missing; the weights of a Splitter are whole numbers that sum to %d", totalWeight)
			valid = false
		case *step.Weight < 0:
			c.fault(place, "weight %d is negative; write 0 for a step that gets no requests", *step.Weight)
			valid = false
		case *step.Weight > totalWeight:
			c.fault(place, "weight %d is more than %d; weights are percent", *step.Weight, totalWeight)
			valid = false
		default:
			total += *step.Weight
		}
	}
	if valid && total != totalWeight {
		c.fault(at, "its weights sum to %d; make them sum to %d", total, totalWeight)
	}
}
