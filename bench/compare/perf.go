package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/manifold-serving/manifold/internal/interop/triton"
)

// perf is a section of the report: what perf_analyzer sees of a real Triton, and of the gateway in front of it.
type perf struct {
	name     string
	subjects []subject // the first is what the others are compared with
}

// subject is a model, asked straight or through the gateway.
type subject struct {
	name    string
	model   string
	through bool
}

func perfs() []perf {
	return []perf{
		{"perf_analyzer, a model of a real Triton, gRPC 4 KiB", []subject{
			{"straight", triton.ChainStep, false},
			{"through the gateway", triton.ChainStep, true},
		}},
		{"perf_analyzer, three steps on a real Triton, gRPC 4 KiB", []subject{
			{"Triton's ensemble, straight", triton.ChainEnsemble, false},
			{"Triton's ensemble, through the gateway", triton.ChainEnsemble, true},
			{"the gateway's graph", "graph", true},
		}},
	}
}

// perfRequests are those of one run of perf_analyzer, by how many are in flight: a run is of seconds.
var perfRequests = []struct{ inflight, requests int }{{1, 1000}, {4, 3000}, {16, 6000}}

const (
	perfBytes  = 4 * kib
	perfWithin = 2 * time.Minute // a run of perf_analyzer, or a server's start
)

const chainResources = `---
apiVersion: manifold.dev/v1alpha1
kind: ModelServer
metadata: {name: triton}
spec: {targets: [%q], models: [step, chain]}
---
apiVersion: serving.kserve.io/v1alpha1
kind: InferenceGraph
metadata: {name: graph}
spec: {nodes: {root: {routerType: Sequence, steps: [{serviceName: step}, {serviceName: step, data: $response}, {serviceName: step, data: $response}]}}}
`

// measure starts Triton and the gateway once, and lets the subjects take turns.
func (s perf) measure(ctx context.Context, o options, folder string) (table, error) {
	t := table{name: s.name, note: "What perf_analyzer saw; requests a second are those in flight by the mean latency. Ratios are to the first row of as many in flight, round by round."}
	tools, err := findTools(ctx, o.interop)
	if err != nil {
		t.note = "Left out: " + err.Error() + "."
		return t, nil
	}
	folder, err = os.MkdirTemp(folder, "perf")
	if err != nil {
		return t, err
	}
	server, err := tools.startTriton(ctx, folder)
	defer server.close()
	if err != nil {
		return t, err
	}
	gateway, err := launch(ctx, o, order{name: manifold, resources: fmt.Sprintf(chainResources, server.grpc), folder: folder})
	defer gateway.close()
	if err != nil {
		return t, err
	}
	if err := gateway.ready(ctx); err != nil {
		return t, err
	}
	t.rows = [][]string{{"", "in flight", "requests/s", "p50", "p99", "requests/s / straight", "p50 / straight"}}
	for _, load := range perfRequests {
		seen := make([][]sight, len(s.subjects))
		for range o.rounds {
			for i, subject := range s.subjects {
				at := server.grpc
				if subject.through {
					at = gateway.grpc
				}
				one, err := tools.analyze(ctx, folder, at, subject.model, load.inflight, load.requests)
				if err != nil {
					return t, fmt.Errorf("%s: %w", subject.name, err)
				}
				seen[i] = append(seen[i], one)
			}
		}
		for i, subject := range s.subjects {
			t.rows = append(t.rows, perfRow(subject.name, load.inflight, seen[i], seen[0]))
		}
	}
	return t, nil
}

// sight is what one run of perf_analyzer saw.
type sight struct {
	rate     float64 // requests a second
	p50, p99 float64 // seconds
}

func rateSeen(s sight) float64 { return s.rate }
func p50Seen(s sight) float64  { return s.p50 }
func p99Seen(s sight) float64  { return s.p99 }

func perfRow(name string, inflight int, seen, base []sight) []string {
	middle := func(of func(sight) float64) float64 {
		var all []float64
		for _, one := range seen {
			all = append(all, of(one))
		}
		return spreadOf(all).median
	}
	ratio := func(of func(sight) float64) string {
		var all []float64
		for i := range seen {
			all = append(all, of(seen[i])/of(base[i]))
		}
		return spreadOf(all).String()
	}
	row := []string{
		name, strconv.Itoa(inflight), fmt.Sprintf("%.0f", middle(rateSeen)), duration(middle(p50Seen)), duration(middle(p99Seen)),
	}
	if &seen[0] == &base[0] {
		return row
	}
	return append(row, ratio(rateSeen), ratio(p50Seen))
}

// analyze runs perf_analyzer once, for so many requests.
func (t *tools) analyze(ctx context.Context, folder, at, model string, inflight, requests int) (sight, error) {
	ctx, cancel := context.WithTimeout(ctx, perfWithin)
	defer cancel()
	c, err := t.perf.PerfAnalyzer(ctx, folder, "-u", at, "-i", "grpc", "-m", model, "--async",
		"--concurrency-range", strconv.Itoa(inflight), "--request-count", strconv.Itoa(requests))
	if err != nil {
		return sight{}, err
	}
	said, err := c.CombinedOutput()
	if err != nil {
		return sight{}, fmt.Errorf("perf_analyzer: %w\n%s", err, said)
	}
	return readSight(string(said), inflight)
}

// readSight reads what perf_analyzer prints. Its requests a second are of whole seconds, so they are made of the mean: as many requests
// as are in flight are answered in the time that one takes.
func readSight(said string, inflight int) (sight, error) {
	if strings.Contains(said, "Failed") {
		return sight{}, fmt.Errorf("a request failed\n%s", said)
	}
	var seconds [3]float64
	for i, name := range []string{"Avg latency: ", "p50 latency: ", "p99 latency: "} {
		_, after, _ := strings.Cut(said, name)
		text, _, found := strings.Cut(after, " usec")
		micros, err := strconv.ParseFloat(text, 64)
		if !found || err != nil || micros <= 0 {
			return sight{}, fmt.Errorf("perf_analyzer does not say %q\n%s", name, said)
		}
		seconds[i] = micros / 1e6
	}
	return sight{float64(inflight) / seconds[0], seconds[1], seconds[2]}, nil
}
