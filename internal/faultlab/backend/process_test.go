//go:build linux

package backend_test

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/manifold-serving/manifold/internal/faultlab/backend"
	"github.com/manifold-serving/manifold/internal/faultlab/load"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start(t *testing.T, o backend.Options) *backend.Process {
	t.Helper()
	p, err := backend.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// ask makes so many calls, and ends the test unless all are right.
func ask(t *testing.T, p *backend.Process, name string, calls int) {
	t.Helper()
	report, err := load.Run(t.Context(), load.Options{Name: name, Target: p.Address, Rate: 1000, Calls: calls, Deadline: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	if report.All.Failed != 0 || len(report.Faults()) != 0 {
		t.Fatalf("not all is right:\n%s", report)
	}
}

func counts(t *testing.T, p *backend.Process) backend.Counts {
	t.Helper()
	c, err := p.Counts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestAServerIsAProcess is one test, as a process takes its time to start.
func TestAServerIsAProcess(t *testing.T) {
	t.Parallel()
	p := start(t, backend.Options{Name: "b1", Behaviour: backend.Behaviour{NotReady: []string{"x"}}})
	ask(t, p, "first", 10)
	if got := counts(t, p).Total.Tally; got != (backend.Tally{Started: 10, Finished: 10}) {
		t.Errorf("counts %+v", got)
	}
	if err := p.Order(t.Context(), backend.Behaviour{Hang: 2}); err == nil || !strings.Contains(err.Error(), "hang: 2 is not from 0 to 1") {
		t.Errorf("a bad order is obeyed: %v", err)
	}

	first, pid := p.Address, p.PID()
	p.Kill()
	if c, err := new(net.Dialer).DialContext(t.Context(), "tcp", p.Address); err == nil {
		_ = c.Close()
		t.Error("a killed server can be reached")
	}
	for range 3 {
		if err := p.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if p.Address != first || p.PID() == pid {
		t.Errorf("restarted at %s as %d, was at %s as %d", p.Address, p.PID(), first, pid)
	}
	ask(t, p, "second", 10)

	if err := p.Term(); err != nil {
		t.Fatal(err)
	}
	<-p.Ended()
	if err := p.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	ask(t, p, "third", 10)
	_ = p.Do(t.Context(), backend.Exit) // it ends before it can answer
	<-p.Ended()
}

func TestU2AStoppedServerIsSilentAndContinues(t *testing.T) {
	t.Parallel()
	p := start(t, backend.Options{Name: "b1"})
	if err := p.Stop(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := p.Counts(ctx); err == nil {
		t.Error("a stopped server answers")
	}
	if err := p.Continue(); err != nil {
		t.Fatal(err)
	}
	ask(t, p, "again", 10)
}

func TestAServerThatCannotStartSaysWhy(t *testing.T) {
	t.Parallel()
	_, err := backend.Start(t.Context(), backend.Options{Name: "b1", Address: "192.0.2.1:1"})
	if err == nil || !strings.Contains(err.Error(), "b1 does not start") || !strings.Contains(err.Error(), "192.0.2.1:1") {
		t.Errorf("got %v", err)
	}
}
