package main

import (
	"strings"
	"testing"
)

const printed = `Request concurrency: 4
  Client:
    Request count: 400
    Throughput: 399.842 infer/sec
    Avg latency: 500 usec (standard deviation 2896 usec)
    p50 latency: 298 usec
    p90 latency: 431 usec
    p99 latency: 1324 usec
  Server:
    Avg request latency: 383 usec (overhead 2 usec + queue 10 usec)
`

func TestSightIsWhatPerfAnalyzerPrints(t *testing.T) {
	t.Parallel()
	got, err := readSight(printed, 4)
	if want := (sight{8000, 298e-6, 1324e-6}); err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	for _, said := range []string{"", printed + "Failed requests: 1", strings.Replace(printed, "p99", "p98", 1), strings.ReplaceAll(printed, " usec", " msec")} {
		if got, err := readSight(said, 4); err == nil {
			t.Errorf("%+v of %s", got, said)
		}
	}
}

func TestSectionSaysWhatItLacks(t *testing.T) {
	t.Parallel()
	for _, s := range perfs() {
		got, err := s.measure(t.Context(), options{interop: t.TempDir()}, t.TempDir())
		if err != nil || len(got.rows) != 0 || !strings.HasPrefix(got.note, "Left out: ") {
			t.Errorf("%+v, %v", got, err)
		}
	}
}

func TestRatiosAreToTheFirstSubject(t *testing.T) {
	t.Parallel()
	straight, through := []sight{{1000, 0.001, 0.002}, {2000, 0.001, 0.002}}, []sight{{500, 0.002, 0.004}, {1600, 0.003, 0.004}}
	if got := perfRow("straight", 4, straight, straight); len(got) != 5 {
		t.Errorf("%q is compared with itself", got)
	}
	got := strings.Join(perfRow("through", 4, through, straight), "|")
	if want := "through|4|1600|3.00 ms|4.00 ms|0.80 (0.50-0.80)|3.00 (2.00-3.00)"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
