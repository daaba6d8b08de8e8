//go:build linux

package interop

import (
	"context"
	"fmt"
	"os"
	"testing"
)

// Main is a package's TestMain: it opens a lab in the cache folder that MANIFOLD_INTEROP names, gives it to use, and runs the tests. Without
// MANIFOLD_INTEROP it says so and runs none.
func Main(m *testing.M, use func(*Lab)) int {
	cache := os.Getenv("MANIFOLD_INTEROP")
	if cache == "" {
		fmt.Fprintln(os.Stderr, "interop: MANIFOLD_INTEROP names no folder for the environments; `make interop` does")
		return 0
	}
	code, err := inLab(m, cache, use)
	if err != nil {
		fmt.Fprintln(os.Stderr, "interop:", err)
		return 1
	}
	return code
}

func inLab(m *testing.M, cache string, use func(*Lab)) (int, error) {
	scratch, err := os.MkdirTemp("", "interop")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(scratch)
	lab, err := Open(context.Background(), cache, scratch, os.Stderr)
	if err != nil {
		return 0, err
	}
	use(lab)
	return m.Run(), nil
}
