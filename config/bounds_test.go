package config_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/manifold-serving/manifold/config"
)

// loadText loads the standard input.
func loadText(text string) (*config.Resources, error) {
	return config.Load([]string{"-"}, strings.NewReader(text))
}

func TestDocumentsAreBounded(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for i := range 10_001 {
		fmt.Fprintf(&b, "---\n%s", modelServer(fmt.Sprintf("s%d", i)))
	}
	resources, err := loadText(b.String())
	if want := "stdin:50002: ModelServer s10000: is resource number 10001, at most 10000 are read"; text(err) != want {
		t.Errorf("got %q, want %q", text(err), want)
	}
	if len(resources.ModelServers) != 10_000 {
		t.Errorf("%d servers", len(resources.ModelServers))
	}
}

func TestItemsAreBounded(t *testing.T) {
	t.Parallel()
	_, err := loadText("kind: List\nitems: [" + strings.Repeat("0,", 50_000) + "]\n")
	var faults config.Faults
	if !errors.As(err, &faults) || len(faults) > 1_001 {
		t.Errorf("%d faults", len(faults))
	}
}

func TestFaultsAreBounded(t *testing.T) {
	t.Parallel()
	_, err := loadText("kind: Gateway\napiVersion: manifold.dev/v1alpha1\nmetadata: {name: a}\nspec: {limits: {" + fields(5_000) + "}}\n")
	var faults config.Faults
	if !errors.As(err, &faults) || len(faults) != 1_001 {
		t.Fatalf("%d faults", len(faults))
	}
	if last := faults[1_000].Error(); last != "more than 1000 faults: cure these first" {
		t.Errorf("the last fault is %q", last)
	}
}

func fields(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "f%d: 1, ", i)
	}
	return b.String()
}

// A text of 64 KiB that is written out 8,192 times would be 512 MiB of JSON, of less than 100 KiB of YAML.
func TestAliasesOfLongTextAreNotWrittenOut(t *testing.T) {
	t.Parallel()
	bomb := "a: &a " + strings.Repeat("x", 1<<16) + "\nb: [" + strings.Repeat("*a,", 1<<13) + "]\n"
	_, err := loadText(bomb)
	if want := "stdin:1: is more than 8 MiB when its aliases are written out"; text(err) != want {
		t.Errorf("got %q", text(err))
	}
}

func TestNestingIsBounded(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, text string }{
		{"flow", "a: " + strings.Repeat("[", 5_000) + strings.Repeat("]", 5_000)},
		{"flow that never ends", "a: " + strings.Repeat("[", 100_000)},
		{"blocks", strings.Repeat("- ", 5_000) + "a"},
		{"too deep for the parser", strings.Repeat("- ", 100_000) + "a"},
		{"keys", strings.Repeat("? ", 5_000) + "a"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if _, err := loadText(tt.text); err == nil {
				t.Error("loaded")
			}
		})
	}
}

func TestNestingWithinTheBound(t *testing.T) {
	t.Parallel()
	affinity := strings.Repeat("{a: ", 55) + "1" + strings.Repeat("}", 55) // unread fields may nest as pods do
	_, err := loadText("kind: InferenceGraph\napiVersion: serving.kserve.io/v1alpha1\nmetadata: {name: a}\nspec: {nodes: {}, affinity: " + affinity + "}\n")
	if err != nil {
		t.Error(err)
	}
}

func TestTornFiles(t *testing.T) {
	t.Parallel()
	whole := modelServer("a") + "---\n" + modelServer("b")
	for cut := range len(whole) { // half a file is a fault or fewer resources, never a panic
		resources, err := loadText(whole[:cut])
		if err == nil && len(resources.ModelServers) > 2 {
			t.Errorf("cut at %d: %d servers", cut, len(resources.ModelServers))
		}
	}
}

func TestBytesThatAreNoText(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"\x00", "\xff\xfe", "a: \x80", "\x1b[31m", "a: \"\\ud800\"", "\u2028", "a: !!binary ///", "? [a]\n: b", "? {a: b}\n: c", "a: .nan", "<<: [1]"} {
		if _, err := loadText(text); err == nil {
			t.Errorf("%q loaded", text)
		}
	}
}

// YAML 1.1 breaks lines at U+2028 too, editors do not: a fault is never told behind the end of the file.
func TestFaultsAreToldWithinTheFile(t *testing.T) {
	t.Parallel()
	_, err := loadText("a: 1\u2028b: 2\u2028a: 3\n")
	if want := `stdin:1: field "a" is written twice: keep one`; text(err) != want {
		t.Errorf("got %q, want %q", text(err), want)
	}
}
