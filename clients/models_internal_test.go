package clients

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestPatterns(t *testing.T) {
	t.Parallel()
	tests := []struct {
		pattern, name string
		want          bool
	}{
		{"*", "", true},
		{"*", "resnet", true},
		{"resnet", "resnet", true},
		{"resnet", "resnet50", false},
		{"resnet*", "resnet50", true},
		{"*50", "resnet50", true},
		{"r*t*0", "resnet50", true},
		{"ab*ba", "aba", false}, // the two ends may not share a character
		{"a*b*c", "acb", false},
		{"team/*", "team/resnet", true},
		{"res.et", "resnet", false}, // no expression
	}
	for _, test := range tests {
		if got := (patterns{"other", test.pattern}).match(test.name); got != test.want {
			t.Errorf("%q matches %q: %t, want %t", test.pattern, test.name, got, test.want)
		}
	}
}

func TestPatternsAreAnchoredExpressions(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringMatching(`[ab*]{1,6}`).Draw(t, "pattern")
		name := rapid.StringMatching(`[ab]{0,8}`).Draw(t, "name")
		reference := regexp.MustCompile("^" + strings.ReplaceAll(pattern, "*", ".*") + "$")
		if got, want := matches(pattern, name), reference.MatchString(name); got != want {
			t.Fatalf("%q matches %q: %t, want %t", pattern, name, got, want)
		}
	})
}
