//go:build faults && linux

package faultlab_test

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/manifold-serving/manifold/internal/faultlab"
)

var (
	quick  = flag.Bool("quick", false, "run the shorter forms, and judge only what does not depend on the machine's speed")
	only   = flag.String("only", "", "run the scenarios alone whose names begin so; several with commas between")
	repeat = flag.Int("repeat", 1, "run each so often")
	logs   = flag.String("logs", "", "keep logs in this folder; else they go when all holds")
)

// TestFaults runs the scenarios, prints what came of them, and fails with what did not hold.
func TestFaults(t *testing.T) {
	all, err := faultlab.Read(os.DirFS("scenarios"))
	if err != nil {
		t.Fatal(err)
	}
	folder := *logs
	if folder == "" {
		if folder, err = os.MkdirTemp("", "faultlab"); err != nil { //nolint:usetesting // it stays when something does not hold
			t.Fatal(err)
		}
	}
	lab, err := faultlab.Open(t.Context(), folder, !*quick)
	if err != nil {
		t.Fatal(err)
	}
	var results []faultlab.Result
	bad := 0
	for _, s := range chosen(all) {
		t.Logf("%s: %s", s.Name, s.About)
		r, err := lab.Run(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		results = append(results, r)
		if len(r.Faults) > 0 {
			bad++
		}
	}
	if err := faultlab.Print(os.Stdout, results); err != nil {
		t.Fatal(err)
	}
	switch {
	case len(results) == 0:
		t.Fatalf("no scenario is called %q", *only)
	case bad > 0:
		t.Fatalf("%d of %d runs: something does not hold", bad, len(results))
	case *logs == "":
		_ = os.RemoveAll(folder)
	}
}

// chosen are the scenarios as the flags have them, each as often as it is to run.
func chosen(all []faultlab.Scenario) []faultlab.Scenario {
	var chosen []faultlab.Scenario
	for range *repeat {
		for _, s := range all {
			times := 1
			switch {
			case !selected(s.Name):
				continue
			case *quick && s.Quick == nil:
				continue
			case *quick:
				times = max(1, s.Quick.Repeat)
				s = s.Shorter()
			}
			chosen = append(chosen, slices.Repeat([]faultlab.Scenario{s}, times)...)
		}
	}
	return chosen
}

func selected(name string) bool {
	for prefix := range strings.SplitSeq(*only, ",") {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}
