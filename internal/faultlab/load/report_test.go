package load_test

import (
	"strings"
	"testing"
	"time"

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
