package config_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/manifold-serving/manifold/config"
)

// FuzzLoad: whatever the text, there is no panic, every fault names a line of the text, and what was loaded is checked.
func FuzzLoad(f *testing.F) {
	files, err := filepath.Glob("testdata/*.*")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // a folder
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		resources, err := config.Load([]string{"-"}, bytes.NewReader(text))
		checkFaults(t, err, bytes.Count(text, []byte("\n"))+bytes.Count(text, []byte("\r"))+1)
		for _, s := range resources.ModelServers {
			if faults := s.Spec.Validate(); len(faults) > 0 {
				t.Errorf("%v was loaded with faults %v", s.Source, faults)
			}
		}
		for _, s := range resources.InferenceServices {
			if path, embedded := s.StoragePath(); embedded == (s.Target != nil) || embedded && strings.ContainsRune(path, 0) {
				t.Errorf("%v is at %q and at %v", s.Source, path, s.Target)
			}
		}
	})
}

func checkFaults(t *testing.T, err error, lines int) {
	t.Helper()
	if err == nil {
		return
	}
	var faults config.Faults
	if !errors.As(err, &faults) || len(faults) == 0 {
		t.Fatalf("error %v is no Faults", err)
	}
	for _, fault := range faults {
		if fault.Line > lines || fault.Message == "" || strings.ContainsAny(fault.Error(), "\n\x00\x1b") {
			t.Errorf("fault %q is told at line %d of %d", fault.Error(), fault.Line, lines)
		}
	}
}
