//go:build linux

package backend_test

import (
	"testing"
	"time"

	"github.com/manifold-serving/manifold/internal/faultlab/backend"
	"github.com/manifold-serving/manifold/internal/faultlab/load"
)

func TestU5AServerRestartsAtItsAddressUnderLoad(t *testing.T) {
	t.Parallel()
	p := start(t, backend.Options{Name: "b1"})
	g, err := load.Start(t.Context(), load.Options{Target: p.Address, Rate: 500, Deadline: time.Second, Connections: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.Stop() })
	for range 5 {
		if err := p.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	report := g.Stop()
	if faults := report.Faults(); len(faults) > 0 {
		t.Errorf("%q", faults)
	}
	ask(t, p, "after", 5)
}
