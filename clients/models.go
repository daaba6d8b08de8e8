package clients

import "strings"

// patterns choose models by name.
type patterns []string

// match reports whether one of the patterns is name, or matches it.
func (p patterns) match(name string) bool {
	for _, pattern := range p {
		if matches(pattern, name) {
			return true
		}
	}
	return false
}

// names reports whether one of the patterns is exactly name, with no star in it.
func (p patterns) names(name string) bool {
	for _, pattern := range p {
		if pattern == name && !strings.Contains(pattern, "*") {
			return true
		}
	}
	return false
}

// exact are the patterns that are plain names.
func (p patterns) exact() []string {
	var names []string
	for _, pattern := range p {
		if !strings.Contains(pattern, "*") {
			names = append(names, pattern)
		}
	}
	return names
}

// matches tests name against a pattern in which each * stands for any text. The parts between stars are found from left to right,
// each as early as possible, which decides the match without going back.
func matches(pattern, name string) bool {
	parts := strings.Split(pattern, "*")
	first, last := parts[0], parts[len(parts)-1]
	if len(parts) == 1 {
		return pattern == name
	}
	if len(name) < len(first)+len(last) || !strings.HasPrefix(name, first) || !strings.HasSuffix(name, last) {
		return false
	}
	name = name[len(first) : len(name)-len(last)]
	for _, part := range parts[1 : len(parts)-1] {
		_, after, found := strings.Cut(name, part)
		if !found {
			return false
		}
		name = after
	}
	return true
}
