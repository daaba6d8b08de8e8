package config

import "testing"

func TestPath(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ outer, key, want string }{
		{"", "spec", "spec"},
		{"spec", "nodes", "spec.nodes"},
		{"spec.nodes", "animal-path", "spec.nodes.animal-path"},
		{"spec.nodes", "a.b", `spec.nodes["a.b"]`}, // would read as two fields
		{"metadata.annotations", "manifold.dev/target", `metadata.annotations["manifold.dev/target"]`},
		{"", "a b", `["a b"]`},
		{"spec", "", `spec[""]`},
	} {
		got := child(tt.outer, tt.key)
		if got != tt.want {
			t.Errorf("child(%q, %q) is %q, want %q", tt.outer, tt.key, got, tt.want)
		}
		if back := parent(got); back != tt.outer {
			t.Errorf("parent(%q) is %q, want %q", got, back, tt.outer)
		}
	}
	if got := parent(item("spec.steps", 12)); got != "spec.steps" {
		t.Errorf("the parent of an element is %q", got)
	}
	if got := parent(""); got != "" {
		t.Errorf("the parent of nothing is %q", got)
	}
}

func TestWithin(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		path, outer string
		want        bool
	}{
		{"spec.model", "spec.model", true},
		{"spec.model.name", "spec.model", true},
		{"spec.model[1]", "spec.model", true},
		{"spec.models", "spec.model", false}, // another field that starts alike
		{"spec", "spec.model", false},
		{"spec", "", true},
	} {
		if got := within(tt.path, tt.outer); got != tt.want {
			t.Errorf("within(%q, %q) is %v", tt.path, tt.outer, got)
		}
	}
}
