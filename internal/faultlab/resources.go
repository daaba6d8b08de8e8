package faultlab

import (
	"fmt"
	"maps"
	"strings"

	"github.com/goccy/go-yaml"
)

// resources is the gateway's configuration: a ModelServer for each server, at the targets of its name, and the graphs.
func (s Scenario) resources(targets map[string][]string) (string, error) {
	var all []string
	add := func(apiVersion, kind, name string, spec map[string]any) error {
		text, err := yaml.Marshal(map[string]any{
			"apiVersion": apiVersion, "kind": kind, "metadata": map[string]any{"name": name}, "spec": spec,
		})
		all = append(all, string(text))
		return err
	}
	for _, server := range s.Servers {
		spec := maps.Clone(server.Spec)
		if spec == nil {
			spec = map[string]any{}
		}
		spec["targets"], spec["models"] = targets[server.Name], server.models()
		if err := add("manifold.dev/v1alpha1", "ModelServer", server.Name, spec); err != nil {
			return "", fmt.Errorf("server %s: %w", server.Name, err)
		}
	}
	for _, g := range s.Graphs {
		if err := add("serving.kserve.io/v1alpha1", "InferenceGraph", g.Name, g.Spec); err != nil {
			return "", fmt.Errorf("graph %s: %w", g.Name, err)
		}
	}
	return strings.Join(all, "---\n"), nil
}

// models are those that the server has.
func (s Server) models() []string {
	if len(s.Models) == 0 {
		return []string{"echo"}
	}
	return s.Models
}
