package onnx

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBuckets(t *testing.T) {
	t.Parallel()
	for limit, want := range map[int][]int{
		0: nil, 1: {1}, 2: {1, 2}, 3: {1, 2, 3}, 8: {1, 2, 4, 8}, 11: {1, 2, 4, 8, 11},
	} {
		if diff := cmp.Diff(want, buckets(limit)); diff != "" {
			t.Errorf("limit %d: %s", limit, diff)
		}
		for rows := 1; rows <= limit; rows++ {
			i, _ := slices.BinarySearch(want, rows)
			if got := bucket(rows, limit); got != want[i] {
				t.Errorf("%d rows of %d: bucket %d, want %d", rows, limit, got, want[i])
			}
		}
	}
}

func TestPlansDropTheOldest(t *testing.T) {
	t.Parallel()
	c := plans{limit: 2}
	a, b := &plan{key: "a"}, &plan{key: "b"}
	c.put(a)
	c.put(b)
	if c.get("a") != a { // a is younger than b now
		t.Error("a is gone")
	}
	c.put(&plan{key: "c"})
	if c.get("b") != nil || c.get("a") != a || len(c.recent) != 2 {
		t.Errorf("kept %d plans, b among them: %t", len(c.recent), c.get("b") != nil)
	}
}

// The table of operators is that of the library's converter, which has no way to ask it.
func TestOperatorsAreTheLibrarys(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}",
		"github.com/gomlx/onnx-gomlx").Output()
	if err != nil {
		t.Skipf("no go command to find the library with: %v", err)
	}
	path := filepath.Join(strings.TrimSpace(string(out)), "internal", "onnxgomlx", "graph.go")
	source, err := os.ReadFile(path)
	if err != nil {
		t.Skipf("no source of the library: %v", err)
	}
	_, converter, _ := strings.Cut(string(source), "switch node.OpType {")
	var names []string
	for _, match := range regexp.MustCompile(`(?m)^\tcase (".*"):`).FindAllStringSubmatch(converter, -1) {
		for name := range strings.SplitSeq(match[1], ", ") {
			names = append(names, strings.Trim(name, `"`))
		}
	}
	slices.Sort(names)
	if diff := cmp.Diff(names, slices.Sorted(maps.Keys(supported))); diff != "" {
		t.Errorf("operators of the library (-) and of our table (+):\n%s", diff)
	}
}

func FuzzReadGraph(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("\x3a\x07\x62\x05\x0a\x03out\x42\x02\x10\x0d"))                // an output, operator set 13
	f.Add([]byte("\x3a\x0e\x0a\x0c\x22\x02If\x2a\x06\x32\x04\x0a\x02\x22\x00")) // a graph in a graph
	f.Fuzz(func(t *testing.T, model []byte) {
		g, err := readGraph(model)
		if err != nil {
			return
		}
		_ = g.check(Options{MaxBatchSize: 1})
		// What is left when weights are dropped from the inputs is a model still.
		again, err := readGraph(dropWeightInputs(model, g))
		if err != nil {
			t.Fatal(err)
		}
		if len(again.inputs) != len(g.inputs) || len(again.operators) != len(g.operators) {
			t.Errorf("%d inputs and %d operators became %d and %d",
				len(g.inputs), len(g.operators), len(again.inputs), len(again.operators))
		}
	})
}
