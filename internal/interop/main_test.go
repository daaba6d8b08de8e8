//go:build linux

package interop

import (
	"os"
	"testing"
)

// lab is the run's.
var lab *Lab

func TestMain(m *testing.M) {
	os.Exit(Main(m, func(l *Lab) { lab = l }))
}
