package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// maxFaults bounds what one Load reports; a file of a million typing errors is not read by anyone to its end.
const maxFaults = 1000

// Fault is one thing wrong with a resource, and where.
type Fault struct { //nolint:errname // read as what it is: a fault in a file, which is also an error
	File     string // as it was named to Load; "stdin" for "-"
	Line     int    // counted from 1; 0 when the fault is the file itself
	Column   int    // counted from 1; 0 when unknown
	Resource string // "InferenceGraph animals"; empty when the document is none yet
	Path     string // of the field: "spec.nodes.root.steps[1]"; empty for the resource itself
	Message  string // what is wrong, and the cure
}

// Error is the fault on one line: `inference_graph.yaml:12: InferenceGraph animals: spec.nodes.root.steps[1]: unknown field …`.
func (f Fault) Error() string {
	var parts []string
	if f.File != "" && f.Line > 0 {
		parts = append(parts, fmt.Sprintf("%s:%d", f.File, f.Line))
	} else if f.File != "" {
		parts = append(parts, f.File)
	}
	for _, part := range []string{f.Resource, f.Path, f.Message} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ": ")
}

// Faults is everything wrong with what was loaded, in file order. As an error it prints one fault a line.
type Faults []Fault //nolint:errname // as Fault

// Error is every fault on a line of its own.
func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, fault := range f {
		lines[i] = fault.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap lets errors.As find each Fault.
func (f Faults) Unwrap() []error {
	errs := make([]error, len(f))
	for i, fault := range f {
		errs[i] = fault
	}
	return errs
}

// err is f as an error: nil when there is none.
func (f Faults) err() error {
	if len(f) == 0 {
		return nil
	}
	return f
}

// sorted is f by file in the order of files, then by line; faults of one line keep the order in which they were found.
func (f Faults) sorted(files []string) Faults {
	rank := make(map[string]int, len(files))
	for i, file := range files {
		rank[file] = i
	}
	slices.SortStableFunc(f, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(rank[a.File], rank[b.File]), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return f
}

// most is the first n faults, and a last one that says so when there are more.
func (f Faults) most(n int) Faults {
	if len(f) <= n {
		return f
	}
	return append(f[:n:n], Fault{Message: fmt.Sprintf("more than %d faults: cure these first", n)})
}
