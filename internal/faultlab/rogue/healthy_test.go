package rogue_test

import (
	"testing"
	"time"

	"github.com/manifold-serving/manifold/internal/faultlab/backend"
	"github.com/manifold-serving/manifold/internal/faultlab/load"
)

func TestHealthyServersAnswerRightInEveryProtocol(t *testing.T) {
	t.Parallel()
	for name, protocol := range map[string]load.Protocol{"grpc": load.GRPC, "stream": load.Stream, "rest": load.REST} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := serve(t, backend.Options{Name: "b"})
			report, err := load.Run(t.Context(), load.Options{
				Target: f.address, Protocol: protocol, Rate: 1000, Calls: 50, Connections: 2, Deadline: time.Minute, Payload: 20_000,
			})
			if err != nil {
				t.Fatal(err)
			}
			if faults := report.Faults(); report.All.Failed != 0 || len(faults) != 0 || report.All.Calls != 50 {
				t.Errorf("not all is right:\n%s", report)
			}
			want := backend.Tally{Started: 50, Finished: 50}
			if got := f.Counts(); got.Total.Tally != want || got.Total.Models["ledger"] != want || got.Live != 0 {
				t.Errorf("counts %+v, want %+v", got, want)
			}
		})
	}
}
