package graph

import (
	"slices"
	"strings"
)

// walk notes cycles among a graph's nodes, and nodes that no step leads to.
func (c *compiler) walk(graph string, spec Spec) {
	done := map[string]bool{}
	var way []string
	var visit func(name string)
	visit = func(name string) {
		way = append(way, name)
		for i, step := range spec.Nodes[name].Steps {
			_, known := spec.Nodes[step.NodeName]
			switch from := slices.Index(way, step.NodeName); {
			case !known || step.NodeName == "":
			case from >= 0:
				c.fault(placeOf(graph, name, step, i), "nodeName %q closes the cycle %s, in which a request would never end; lead it elsewhere",
					step.NodeName, cycle(way[from:]))
			case !done[step.NodeName]:
				visit(step.NodeName)
			}
		}
		way = way[:len(way)-1]
		done[name] = true
	}
	visit(rootNode)
	for _, name := range nodeNames(spec) {
		if !done[name] {
			c.fault(Fault{Graph: graph, Node: name}, "no step leads here from %s; name it in a nodeName, or remove it", rootNode)
		}
	}
}

// findGraphCycles notes graphs that lead to themselves through each other.
func (c *compiler) findGraphCycles(names []string) {
	done := map[string]bool{}
	var way []string
	var visit func(graph string)
	visit = func(graph string) {
		way = append(way, graph)
		spec := c.specs[graph]
		for _, name := range nodeNames(spec) {
			for i, step := range spec.Nodes[name].Steps {
				switch from := slices.Index(way, step.ServiceName); {
				case !c.isGraph(step.ServiceName):
				case from >= 0:
					c.fault(placeOf(graph, name, step, i), "serviceName %q closes the cycle of graphs %s, in which a request would never end; lead it elsewhere",
						step.ServiceName, cycle(way[from:]))
				case !done[step.ServiceName]:
					visit(step.ServiceName)
				}
			}
		}
		way = way[:len(way)-1]
		done[graph] = true
	}
	for _, name := range names {
		if !done[name] {
			visit(name)
		}
	}
}

// cycle prints a way that ends where it starts.
func cycle(way []string) string {
	return strings.Join(append(slices.Clone(way), way[0]), " -> ")
}
