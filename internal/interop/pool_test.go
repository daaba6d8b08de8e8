//go:build linux

package interop

import (
	"context"
	"fmt"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/manifold-serving/manifold/internal/faultlab/load"
	"github.com/manifold-serving/manifold/internal/interop/triton"
)

const (
	poolRate     = 160             // calls a second; each of three Tritons bears 200
	poolCalls    = 2000            // at the least
	poolDeadline = 2 * time.Second // a quarter of the time for which a Triton stands still
	poolHealthy  = 2 * time.Second // before a fault
	poolDown     = 3 * time.Second // of a killed Triton, besides the time that it takes to start
	poolStopped  = 8 * time.Second
	poolServes   = 20 // answers by which a Triton is known to serve: more than were under way in it
)

// pool is three Tritons behind a gateway with the policies as they are, and callers whose ledger judges each answer. Its tests do not run
// beside others: 0 failed calls are promised to who has the processors for them.
type pool struct {
	servers []*Server
	gateway *Server
	load    *load.Generator
	began   time.Time
}

// U1: a Triton of three is killed, and no call fails; it is started again, and has its share again.
func TestU1KilledTritonFailsNoCall(t *testing.T) { //nolint:paralleltest // see pool
	p := startPool(t)
	wait(t, poolHealthy)
	p.load.Phase("killed")
	p.servers[0].Kill()
	wait(t, poolDown)
	back := p.servers[0].Again(t)
	p.load.Phase("back")
	p.serves(t, back, 0)
	p.judge(t, back)
}

// U2: a Triton of three is stopped for a while, and no call fails; it goes on, and has its share again.
//
// Only the server is stopped, and not its group: the processes of Triton's Python backend would be too, and a Triton of 2.51 that goes on
// with them takes one that has not moved for a second for dead, and dies of it, in one of five runs with nobody between it and its callers.
func TestU2StoppedTritonFailsNoCall(t *testing.T) { //nolint:paralleltest // see pool
	p := startPool(t)
	wait(t, poolHealthy)
	stopped := p.servers[0]
	before, err := inferred(t.Context(), stopped, "ledger")
	if err != nil || before == 0 {
		t.Fatalf("%d calls before the fault: %v", before, err)
	}
	p.load.Phase("stopped")
	signal(t, stopped, syscall.SIGSTOP)
	wait(t, poolStopped)
	signal(t, stopped, syscall.SIGCONT)
	p.load.Phase("back")
	p.serves(t, stopped, before)
	p.judge(t, stopped)
}

func startPool(t *testing.T) *pool {
	t.Helper()
	repository := t.TempDir()
	if err := triton.WriteLedger(repository); err != nil {
		t.Fatal(err)
	}
	p := &pool{}
	for range 3 {
		p.servers = append(p.servers, lab.Triton(t, repository))
	}
	p.gateway = lab.Gateway(t, fmt.Sprintf("apiVersion: manifold.dev/v1alpha1\nkind: ModelServer\nmetadata: {name: pool}\n"+
		"spec: {targets: [%q, %q, %q]}\n", p.servers[0].GRPC, p.servers[1].GRPC, p.servers[2].GRPC))
	g, err := load.Start(t.Context(), load.Options{Target: p.gateway.GRPC, Rate: poolRate, Deadline: poolDeadline, Connections: 4})
	if err != nil {
		t.Fatal(err)
	}
	p.load, p.began = g, time.Now()
	return p
}

// serves waits until the server has answered calls beyond those that it had.
func (p *pool) serves(t *testing.T, s *Server, had int) {
	t.Helper()
	begin := time.Now()
	s.await(t, func(ctx context.Context) error { return inferredMoreThan(ctx, s, "ledger", had+poolServes) })
	t.Logf("it served again within %v", time.Since(begin).Round(time.Millisecond))
}

// judge ends the load when it was enough, and holds what came of it against the promise. The server has had its fault and is back.
func (p *pool) judge(t *testing.T, back *Server) {
	t.Helper()
	wait(t, time.Until(p.began.Add(poolCalls*time.Second/poolRate+time.Second)))
	report := p.load.Stop()
	t.Logf("\n%s", report)
	if report.All.Calls < poolCalls || report.All.Failed != 0 || len(report.Faults()) != 0 {
		t.Errorf("want %d calls and none that failed; the gateway said:\n%s", poolCalls, p.gateway.Tail())
	}
	for _, s := range append(p.servers[1:], back) {
		if report.Phase("back").Backends[strconv.Itoa(s.group)] == 0 {
			t.Errorf("no call was answered by the Triton of process %d after the fault", s.group)
		}
	}
}

// signal is to the server's own process.
func signal(t *testing.T, s *Server, sig syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(s.group, sig); err != nil {
		t.Fatal(err)
	}
}

// wait lets time pass, while load goes on.
func wait(t *testing.T, d time.Duration) {
	t.Helper()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-t.Context().Done():
		t.Fatal(t.Context().Err())
	}
}
