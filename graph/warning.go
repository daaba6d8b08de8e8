package graph

import (
	"fmt"
	"strings"
)

// warnings are what runs, but hardly as its author means it.
func warnings(graph string, spec Spec) []string {
	var all []string
	for _, name := range nodeNames(spec) {
		node := spec.Nodes[name]
		for i := range node.Steps {
			at := placeOf(graph, name, node.Steps[i], i)
			for _, reason := range ignored(node, i) {
				at.Reason = reason
				all = append(all, at.Error())
			}
		}
		if from, to := flatRun(node); to > from {
			all = append(all, flatWarning(graph, spec, name, from, to))
		}
	}
	return all
}

// ignored lists what a step says that its router never looks at.
func ignored(node Node, i int) []string {
	var reasons []string
	step := node.Steps[i]
	if step.Data == dataResponse && !chained(node, i) {
		reasons = append(reasons, "there is no previous response here, so data: $response means $request")
	}
	if step.Condition != "" && !conditional(node) {
		reasons = append(reasons, "its condition is never tested in a node of type "+node.RouterType)
	}
	if step.Weight != nil && node.RouterType != typeSplitter {
		reasons = append(reasons, "its weight has no effect outside a Splitter")
	}
	return reasons
}

// flatRun finds the first run of steps that test the same of the same answer, as a flat list of cases: each gets the request, and
// has the condition of the step before but for the value. The second can never run when the first does not match.
func flatRun(node Node) (from, to int) {
	if node.RouterType != typeSequence {
		return 0, 0
	}
	for i := 1; i+1 < len(node.Steps); i++ {
		for to = i; to+1 < len(node.Steps) && sameQuestion(node.Steps[i], node.Steps[to+1]); to++ {
		}
		if to > i {
			return i, to
		}
	}
	return 0, 0
}

func sameQuestion(a, b StepSpec) bool {
	request := a.Data != dataResponse && b.Data != dataResponse
	return request && a.Condition != "" && a.Condition != b.Condition && question(a.Condition) == question(b.Condition)
}

// question is a condition without the values that it compares with.
func question(condition string) string {
	var kept strings.Builder
	_ = eachOutside(condition, func(i int) bool { // quotes are checked before
		kept.WriteByte(condition[i])
		return true
	})
	return withoutNumbers(kept.String())
}

func flatWarning(graph string, spec Spec, name string, from, to int) string {
	node := spec.Nodes[name]
	at := placeOf(graph, name, node.Steps[from+1], from+1)
	at.Reason = fmt.Sprintf("its condition is tested on the answer of step %d, and never when step %d's condition does not match: "+
		"a Sequence ends there. To choose by one answer, nest the steps:\n%s", from+1, from+1, yaml(nested(spec, name, from, to)))
	return at.Error()
}

// withoutNumbers drops what follows a comparison, up to the end of its query.
func withoutNumbers(s string) string {
	var kept strings.Builder
	compared := false
	for i := range len(s) {
		switch s[i] {
		case '=', '<', '>', '%':
			compared = true
			kept.WriteByte(s[i])
			continue
		case ')', ']', '}', ',', '|':
			compared = false
		}
		if !compared {
			kept.WriteByte(s[i])
		}
	}
	return kept.String()
}
