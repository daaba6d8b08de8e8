package graph

import (
	"fmt"
	"slices"
	"strconv"
)

// namedNode is a node to be printed.
type namedNode struct {
	name string
	Node
}

// nested takes the cases from..to of a flat Sequence apart: each case follows a node that holds those before it, and that answers
// what the classifier said when none of them matched.
func nested(spec Spec, name string, from, to int) []namedNode {
	node := spec.Nodes[name]
	taken := func(name string) bool { _, ok := spec.Nodes[name]; return ok }
	inner := slices.Clone(node.Steps[:from+1])
	var inside []namedNode
	for i := from + 1; i <= to; i++ {
		own := freeName(caseName(node.Steps[i-1], i)+"-path", func(n string) bool {
			return taken(n) || slices.ContainsFunc(inside, func(x namedNode) bool { return x.name == n })
		})
		inside = append(inside, namedNode{own, Node{typeSequence, inner}})
		inner = []StepSpec{{NodeName: own}, node.Steps[i]}
	}
	slices.Reverse(inside)
	outer := namedNode{name, Node{typeSequence, append(inner, node.Steps[to+1:]...)}}
	return append([]namedNode{outer}, inside...)
}

func caseName(step StepSpec, number int) string {
	if step.Name != "" {
		return step.Name
	}
	return "step-" + strconv.Itoa(number)
}

func freeName(name string, taken func(string) bool) string {
	free := name
	for i := 2; taken(free); i++ {
		free = fmt.Sprintf("%s-%d", name, i)
	}
	return free
}
