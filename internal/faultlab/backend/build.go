//go:build linux

package backend

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
)

// program is the package of the process.
const program = "github.com/manifold-serving/manifold/internal/faultlab/cmd/backend"

// built is the program, built when the first server is started: a constant that takes a second to compute.
//
//nolint:gochecknoglobals // see above
var built = sync.OnceValues(build)

// build builds the program and returns it as an open file that has no name any more, so that nothing is left when this process ends.
func build() (*os.File, error) {
	dir, err := os.MkdirTemp("", "faultlab")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "backend")
	c := exec.CommandContext(context.Background(), "go", "build", "-o", path, program)
	if said, err := c.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build %s: %w\n%s", program, err, said)
	}
	return os.Open(path)
}

// executable is a path to the file while this process has it open.
func executable(f *os.File) string { return fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), f.Fd()) }
