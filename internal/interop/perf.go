//go:build linux

package interop

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// perf runs perf_analyzer on a server, over HTTP unless args say -i grpc, and returns what it wrote and its exit code.
func (l *Lab) perf(tb testing.TB, at *Server, args ...string) (stdout, stderr string, code int) {
	tb.Helper()
	e := l.Environment(tb, "perf")
	packages, err := e.Packages()
	if err != nil {
		tb.Fatal(err)
	}
	debian, err := filepath.Glob(filepath.Join(e.Dir, "debian", "usr", "lib", "*"))
	if err != nil {
		tb.Fatal(err)
	}
	address := at.HTTP
	if strings.Contains(strings.Join(args, " "), "-i grpc") {
		address = at.GRPC
	}
	ctx, cancel := context.WithTimeout(tb.Context(), clientWithin)
	defer cancel()
	c := exec.Command(e.Program("perf_analyzer"), append([]string{"-u", address}, args...)...)
	c.Env = append(os.Environ(), "LD_LIBRARY_PATH="+strings.Join(debian, ":")+":"+filepath.Join(packages, "nvidia", "cuda_runtime", "lib"))
	c.Dir = tb.TempDir()
	return run(ctx, c)
}
