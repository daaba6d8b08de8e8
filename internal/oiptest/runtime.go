package oiptest

import (
	"runtime/debug"
	"slices"
	"strings"
	"testing"
)

// NeedsRuntime skips a test that runs gomlx where -race's pointer checks would kill the process: build with
// -gcflags=github.com/gomlx/compute/...=-d=checkptr=0, as `make race` does, to run it.
func NeedsRuntime(tb testing.TB) {
	tb.Helper()
	info, _ := debug.ReadBuildInfo()
	unchecked := info != nil && slices.ContainsFunc(info.Settings, func(s debug.BuildSetting) bool {
		return s.Key == "-gcflags" && strings.Contains(s.Value, "checkptr=0")
	})
	if Race && !unchecked {
		tb.Skip("gomlx does not run under checkptr; `make race` switches it off for gomlx")
	}
}
