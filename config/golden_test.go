package config_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/manifold-serving/manifold/config"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata")

// TestFaults loads each testdata/bad_<fault>.yaml and compares its error with bad_<fault>.txt, word for word.
func TestFaults(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/bad_*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			resources, err := config.Load([]string{file}, nil)
			if err == nil {
				t.Fatal("loaded without a fault")
			}
			var faults config.Faults
			if !errors.As(err, &faults) || !cmp.Equal(resources.Files, []string{file}) {
				t.Errorf("error is %T, files are %v", err, resources.Files)
			}
			golden(t, strings.TrimSuffix(file, ".yaml")+".txt", err.Error()+"\n")
		})
	}
}

// golden compares got with a file.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got; -update rewrites it):\n%s", file, diff)
	}
}
