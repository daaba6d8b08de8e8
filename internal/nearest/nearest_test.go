package nearest_test

import (
	"strings"
	"testing"

	"github.com/manifold-serving/manifold/internal/nearest"
)

func TestOf(t *testing.T) {
	t.Parallel()
	known := []string{"serviceName", "nodeName", "weight", "name", "Sequence", "Switch"}
	for name, want := range map[string]string{
		"serviceNam":             "serviceName",
		"sercieName":             "serviceName", // neighbours swapped
		"servicename":            "serviceName",
		"Sequnce":                "Sequence",
		"Swich":                  "Switch",
		"nam":                    "name",
		"colour":                 "",
		"":                       "",
		strings.Repeat("x", 100): "",
	} {
		if got := nearest.Of(name, known); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
	if got := nearest.Suggest("wieght", known); got != `, did you mean "weight"?` {
		t.Errorf("got %q", got)
	}
	if got := nearest.Suggest("colour", known); got != "" {
		t.Errorf("got %q", got)
	}
}
