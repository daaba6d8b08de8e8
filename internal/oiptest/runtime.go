package oiptest

import (
	"runtime/debug"
	"strings"
	"testing"
)

// NeedsRuntime skips a test that runs gomlx where -race's pointer checks would kill the process: build with
// -gcflags=github.com/gomlx/compute/...=-d=checkptr=0, as `make race` does, to run it.
func NeedsRuntime(tb testing.TB) {
	tb.Helper()
	info, _ := debug.ReadBuildInfo()
	race, unchecked := false, false
	if info != nil {
		for _, s := range info.Settings {
			race = race || s.Key == "-race" && s.Value == "true"
			unchecked = unchecked || s.Key == "-gcflags" && strings.Contains(s.Value, "checkptr=0")
		}
	}
	if race && !unchecked {
		tb.Skip("gomlx does not run under checkptr; `make race` switches it off for gomlx")
	}
}
