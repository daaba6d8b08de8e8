package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/manifold-serving/manifold"
)

func TestUpstreamsArePrintedARowForEachEndpointAndEachServer(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	rows := []manifold.ListedUpstream{
		{
			Name: "vision", Balancing: "p2c", Calls: 2000, Retries: 3, Redispatches: 8, BudgetLeft: 41.7, OverBudget: 1, Limit: 20, Queued: 2, Refused: 5,
			Endpoints: []manifold.ListedEndpoint{
				{
					Address: "10.0.0.1:8001", State: "ready", Since: now.Add(-3 * time.Hour), Calls: 1990, InFlight: 4, Latency: 0.01234,
					Vetoes: map[string]string{"ocr": "it is not ready"},
				},
				{
					Address: "10.0.0.2:8001", State: "ejected", Since: now.Add(-4 * time.Second), Until: now.Add(6 * time.Second), Calls: 18, Failures: 9,
					InFlight: 1, Latency: 1.5, Ejections: map[string]uint64{"stall": 2, "success_rate": 1}, Reason: "its oldest call took 251ms",
				},
			},
		},
		{
			Name: "names", Balancing: "round_robin",
			Sources: []manifold.ListedSource{{Target: "dns:///gone:8001", Error: "no such host"}, {Target: "file:/run/t"}},
		},
	}
	want := `
NAME     ENDPOINT        STATE     SINCE   CALLS   FAILED   IN-FLIGHT   LATENCY   EJECTIONS   REASON
vision   10.0.0.1:8001   ready     3h      1990    0        4           12.3ms    0           model ocr: it is not ready
vision   10.0.0.2:8001   ejected   4s      18      9        1           1.5s      3           its oldest call took 251ms; to be tried in 6s
names    <none>                                                                               

NAME     BALANCING     CALLS   RETRIES   MOVED   HEDGES   BUDGET   DENIED   LIMIT   QUEUED   REFUSED
vision   p2c           2000    3         8       0        42       1        20      2        5
names    round_robin   0       0         0       0        0        0        none    0        0

names: dns:///gone:8001: no such host
`
	var out strings.Builder
	if err := printUpstreams(&out, rows, now); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want[1:], out.String()); diff != "" {
		t.Error(diff)
	}
	out.Reset()
	if err := printUpstreams(&out, nil, now); err != nil || out.String() != "This gateway calls no model servers; it serves models of its own alone.\n" {
		t.Errorf("%v %s", err, &out)
	}
}
