//go:build linux

package interop

import (
	"context"
	"strings"
	"testing"
)

// perf runs perf_analyzer on a server, over HTTP unless args say -i grpc, and returns what it wrote and its exit code.
func (l *Lab) perf(tb testing.TB, at *Server, args ...string) (stdout, stderr string, code int) {
	tb.Helper()
	e := l.Environment(tb, "perf")
	address := at.HTTP
	if strings.Contains(strings.Join(args, " "), "-i grpc") {
		address = at.GRPC
	}
	ctx, cancel := context.WithTimeout(tb.Context(), clientWithin)
	defer cancel()
	c, err := e.PerfAnalyzer(context.WithoutCancel(ctx), tb.TempDir(), append([]string{"-u", address}, args...)...)
	if err != nil {
		tb.Fatal(err)
	}
	return run(ctx, c)
}
