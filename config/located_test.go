package config

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestFind(t *testing.T) {
	t.Parallel()
	text := strings.Join([]string{
		"# comment",                       // 10
		"metadata:",                       // 11
		"  annotations:",                  // 12
		"    manifold.dev/target: a:1",    // 13
		"    'quoted key': b",             // 14
		"spec: &spec",                     // 15
		"  text: |",                       // 16
		"    key: in a block",             // 17
		"  steps:",                        // 18
		"  - name: one",                   // 19
		"    data: x",                     // 20
		"  -",                             // 21
		"    name: two",                   // 22
		"  - {name: three, data: {a: 1}}", // 23
		"  - four",                        // 24
		"  ? name",                        // 25
		"  : x",                           // 26
		"copy: *spec",                     // 27
		"tagged: !!map",                   // 28
		"  a: 1",                          // 29
	}, "\n")
	l := &located{first: 10, text: []byte(text)}
	for _, tt := range []struct {
		path         string
		line, column int
	}{
		{"metadata", 11, 1},
		{"metadata.annotations", 12, 3},
		{`metadata.annotations["manifold.dev/target"]`, 13, 5},
		{`metadata.annotations["quoted key"]`, 14, 5},
		{"spec.text", 16, 3},
		{"spec.text.key", 16, 3}, // text in a block is no field
		{"spec.steps[0]", 19, 5},
		{"spec.steps[0].data", 20, 5},
		{"spec.steps[1]", 22, 5},
		{"spec.steps[2].data.a", 23, 26},
		{"spec.steps[3]", 24, 5},
		{"spec.steps[4].name", 18, 3}, // not written: the nearest that is
		{"copy.steps[0]", 27, 1},      // where the alias stands, not its anchor
		{"tagged.a", 29, 3},
	} {
		if got, ok := l.find(tt.path); !ok || got != (position{tt.line, tt.column}) {
			t.Errorf("find(%q) is %v %v, want %d:%d", tt.path, got, ok, tt.line, tt.column)
		}
	}
	if got, ok := l.find("nowhere.at.all"); ok {
		t.Errorf("found what is not there at %v", got)
	}
}

func TestLocatableIsBounded(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, text string
		want       bool
	}{
		{"long text", "text: |\n" + strings.Repeat("  words\n", 100_000), true},
		{"many fields", strings.Repeat("a: 1\n", maxIndicators), true},
		{"too many fields", strings.Repeat("a: 1\n", maxIndicators+1), false},
		{"deep flow", strings.Repeat("[", maxOpen+1), false},
		{"closed flow", strings.Repeat("[]", maxOpen+1), true},
		{"deep blocks on a line", strings.Repeat("- ", maxOpen+1), false},
		{"blocks on lines", strings.Repeat("- \n", maxOpen+1), true},
	} {
		if got := locatable([]byte(tt.text)); got != tt.want {
			t.Errorf("%s: locatable is %v", tt.name, got)
		}
	}
}

func TestUnlocatableTellsTheDocument(t *testing.T) {
	t.Parallel()
	text := "kind: Gateway\napiVersion: manifold.dev/v1alpha1\nmetadata: {name: a}\nmany: [" + strings.Repeat("1,", maxIndicators) + "]\n"
	d, faults := parse("a.yaml", section{line: 7, text: []byte(text)})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	if f := d.fault("metadata", "metadata", "x"); f.Line != 7 {
		t.Errorf("the fault is told at %d", f.Line)
	}
}

func TestShort(t *testing.T) {
	t.Parallel()
	if got := short("a\nb"); got != `"a\nb"` {
		t.Errorf("got %s", got)
	}
	if got := short(strings.Repeat("é", 100)); !utf8.ValidString(got) || len(got) > 70 {
		t.Errorf("got %s", got)
	}
}
