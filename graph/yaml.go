package graph

import (
	"strconv"
	"strings"
)

// yaml prints nodes as they stand in an InferenceGraph, one step a line.
func yaml(nodes []namedNode) string {
	var b strings.Builder
	b.WriteString("nodes:\n")
	for _, n := range nodes {
		b.WriteString("  " + quoted(n.name) + ":\n    routerType: " + n.RouterType + "\n    steps:\n")
		for _, s := range n.Steps {
			b.WriteString("    - {" + strings.Join(s.fields(), ", ") + "}\n")
		}
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// fields are the step's, in the order that people write them.
func (s StepSpec) fields() []string {
	var all []string
	add := func(key, value string) {
		if value != "" {
			all = append(all, key+": "+quoted(value))
		}
	}
	add("nodeName", s.NodeName)
	add("serviceName", s.ServiceName)
	add("serviceUrl", s.ServiceURL)
	add("name", s.Name)
	add("data", s.Data)
	add("condition", s.Condition)
	add("dependency", s.Dependency)
	if s.Weight != nil {
		all = append(all, "weight: "+strconv.FormatInt(*s.Weight, 10))
	}
	if s.MapPredictionsToInstances {
		all = append(all, "mapPredictionsToInstances: true")
	}
	return all
}

// quoted is a YAML scalar that reads as the text s.
func quoted(s string) string {
	if plain(s) {
		return s
	}
	for _, r := range s {
		if r < ' ' || r == 0x7f {
			return strconv.Quote(s)
		}
	}
	return "'" + strings.ReplaceAll(s, "'", "''") + "'"
}

// plain reports whether s needs no quotes: a word that is no number and none of YAML's own.
func plain(s string) bool {
	switch strings.ToLower(s) {
	case "", "true", "false", "null", "yes", "no", "on", "off", "y", "n":
		return false
	}
	first := s[0]
	if first != '$' && !letter(first) {
		return false
	}
	for i := 1; i < len(s); i++ {
		if !letter(s[i]) && !strings.ContainsRune("0123456789-_./", rune(s[i])) {
			return false
		}
	}
	return true
}

func letter(b byte) bool { return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' }
