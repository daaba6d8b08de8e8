package graph_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/manifold-serving/manifold/graph"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/tensorjson"
)

// faulty is one document of a testdata/bad_*.yaml; the last has nothing but what the graphs before it are refused with.
type faulty struct {
	Graph string     `json:"graph"`
	Spec  graph.Spec `json:"spec"`
	Want  string     `json:"want"`
}

// TestFaults compiles testdata/bad_*.yaml, one for each fault.
func TestFaults(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/bad_*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := refused(t, string(text))
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(string(text), got); diff != "" && !*update {
				t.Errorf("%s differs (-want +got; -update rewrites it):\n%s", file, diff)
			}
		})
	}
}

// refused returns text with the fault that comes out.
func refused(t *testing.T, text string) string {
	t.Helper()
	documents := strings.Split(text, "---\n")
	specs := map[string]graph.Spec{}
	for _, d := range documents[:len(documents)-1] {
		var f faulty
		parse(t, d, &f)
		specs[f.Graph] = f.Spec
	}
	_, err := graph.Compile(specs, graph.Options{Resolver: services("a", "b", "resnet-50"), View: tensorjson.View})
	if err == nil {
		t.Fatal("nothing was refused")
	}
	if _, ok := errors.AsType[graph.Faults](err); !ok {
		t.Fatalf("the error is a %T, want Faults", err)
	}
	documents[len(documents)-1] = "want: |\n  " + strings.ReplaceAll(err.Error(), "\n", "\n  ") + "\n"
	return strings.Join(documents, "---\n")
}

// resolver resolves by a function.
type resolver func(graph.Target) (infer.Handler, error)

func (r resolver) Resolve(t graph.Target) (infer.Handler, error) { return r(t) }

// services resolves these names, and every URL.
func services(names ...string) graph.Resolver {
	scripts := map[string]script{}
	for _, name := range names {
		scripts[name] = script{}
	}
	known := models{scripts: scripts}
	return resolver(func(t graph.Target) (infer.Handler, error) {
		if t.URL != "" {
			return &model{}, nil
		}
		return known.Resolve(t)
	})
}
