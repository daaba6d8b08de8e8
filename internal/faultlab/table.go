package faultlab

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// Print writes the results as a table, and below it what did not hold.
func Print(w io.Writer, results []Result) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "scenario\tcalls\tfailed\twrong\tp50 before|fault|after\tp99 before|fault|after\tout after\tback after\tcalls up (worst s)\tmemory\tverdict")
	for _, r := range results {
		f := r.Figures
		verdict := "holds"
		switch {
		case len(r.Faults) > 0:
			verdict = "DOES NOT HOLD"
		case len(r.Unusable) > 0:
			verdict = "holds; times are not judged, the load was late itself"
		}
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%s\t%s\t%s\t%s\t%.3f (%.2f)\t+%d MiB\t%s\n", r.Scenario, f.Calls, f.Failed, f.Wrong,
			triple(f, func(q Quantiles) time.Duration { return q.P50 }), triple(f, func(q Quantiles) time.Duration { return q.P99 }),
			span(f.Ejected), span(f.Back), f.Amplification, f.Worst, r.Grown>>20, verdict)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, r := range results {
		if len(r.Faults) > 0 {
			fmt.Fprintf(w, "\n%s, logs in %s:\n", r.Scenario, r.Logs)
		}
		for i, fault := range r.Faults {
			if i == mostFaults {
				fmt.Fprintf(w, "  and %d more\n", len(r.Faults)-i)
				break
			}
			fmt.Fprintf(w, "  %s\n", fault)
		}
	}
	return nil
}

// mostFaults are told of a run: the hundredth call that failed tells nothing new.
const mostFaults = 10

func triple(f Figures, of func(Quantiles) time.Duration) string {
	var parts []string
	for _, q := range []Quantiles{f.Before, f.During, f.After} {
		if q.N == 0 {
			parts = append(parts, "-")
			continue
		}
		parts = append(parts, of(q).Round(100*time.Microsecond).String())
	}
	return strings.Join(parts, "|")
}

// span is a time that may not have come.
func span(d time.Duration) string {
	if d < 0 {
		return "-"
	}
	return d.Round(time.Millisecond).String()
}
