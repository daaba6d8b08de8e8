package load_test

import (
	"strings"
	"testing"
	"time"

	"github.com/manifold-serving/manifold/internal/faultlab/backend"
	"github.com/manifold-serving/manifold/internal/faultlab/load"
)

func TestWhomNobodyAnswersHasFailed(t *testing.T) {
	t.Parallel()
	for _, protocol := range []load.Protocol{load.GRPC, load.Stream, load.REST} {
		report, err := load.Run(t.Context(), load.Options{Target: "127.0.0.1:1", Protocol: protocol, Rate: 1000, Calls: 3, Deadline: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		text := report.String()
		if report.All.Failed != 3 || report.All.Codes["UNAVAILABLE"] != 3 || !strings.Contains(text, "UNAVAILABLE:3") ||
			!strings.Contains(text, "ledger: 0 faults") {
			t.Errorf("protocol %d:\n%s", protocol, text)
		}
	}
}

func TestLoadsThatCannotBe(t *testing.T) {
	t.Parallel()
	for _, o := range []load.Options{{}, {Target: "x", Rate: -1}, {Target: "x", CancelShare: 2}} {
		if _, err := load.Run(t.Context(), o); err == nil {
			t.Errorf("%+v was run", o)
		}
	}
}

func TestCancelsAreLookedUpInJournals(t *testing.T) {
	t.Parallel()
	at := time.Now()
	report := &load.Report{Records: []load.Record{
		{ID: "a", Cancelled: at, Verdict: load.Failed},
		{ID: "b", Cancelled: at, Verdict: load.Failed},
		{ID: "c", Cancelled: at, Verdict: load.Right},
		{ID: "d", Verdict: load.Failed},
	}}
	ms := func(n int) time.Time { return at.Add(time.Duration(n) * time.Millisecond) }
	lags, unseen := report.CancelLags(
		[]backend.Execution{{ID: "a", Ended: ms(3), Outcome: backend.Cancelled}, {ID: "b", Ended: ms(1), Outcome: backend.Finished}},
		[]backend.Execution{{ID: "a", Ended: ms(7), Outcome: backend.Cancelled}}, // a hedge of it
	)
	if lags.Count() != 1 || lags.Max() != 7*time.Millisecond || unseen != 1 {
		t.Errorf("%d lags, %v at most, %d unseen", lags.Count(), lags.Max(), unseen)
	}
}
