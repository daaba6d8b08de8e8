package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/manifold-serving/manifold"
)

// printUpstreams prints a row for each endpoint, and one for each server.
func printUpstreams(out io.Writer, rows []manifold.ListedUpstream, now time.Time) error {
	if len(rows) == 0 {
		_, err := fmt.Fprintln(out, "This gateway calls no model servers; it serves models of its own alone.")
		return err
	}
	t := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(t, "NAME\tENDPOINT\tSTATE\tSINCE\tCALLS\tFAILED\tIN-FLIGHT\tLATENCY\tEJECTIONS\tREASON")
	for _, r := range rows {
		for _, e := range r.Endpoints {
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%d\t%d\t%d\t%s\t%d\t%s\n",
				r.Name, e.Address, e.State, sinceOf(e, now), e.Calls, e.Failures, e.InFlight, latency(e.Latency), total(e.Ejections), reason(e, now))
		}
		if len(r.Endpoints) == 0 {
			fmt.Fprintf(t, "%s\t<none>\t\t\t\t\t\t\t\t\n", r.Name)
		}
	}
	fmt.Fprintln(t)
	fmt.Fprintln(t, "NAME\tBALANCING\tCALLS\tRETRIES\tMOVED\tHEDGES\tBUDGET\tDENIED\tLIMIT\tQUEUED\tREFUSED")
	for _, r := range rows {
		limit := "none"
		if r.Limit > 0 {
			limit = strconv.Itoa(r.Limit)
		}
		fmt.Fprintf(t, "%s\t%s\t%d\t%d\t%d\t%d\t%.0f\t%d\t%s\t%d\t%d\n",
			r.Name, r.Balancing, r.Calls, r.Retries, r.Redispatches, r.Hedges, r.BudgetLeft, r.OverBudget, limit, r.Queued, r.Refused)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	return printSources(out, rows)
}

// printSources prints what keeps targets from being found.
func printSources(out io.Writer, rows []manifold.ListedUpstream) error {
	for _, r := range rows {
		for _, s := range r.Sources {
			if s.Error == "" {
				continue
			}
			if _, err := fmt.Fprintf(out, "\n%s: %s: %s\n", r.Name, s.Target, s.Error); err != nil {
				return err
			}
		}
	}
	return nil
}

func sinceOf(e manifold.ListedEndpoint, now time.Time) string {
	if e.Since.IsZero() {
		return "-"
	}
	return age(e.Since, now)
}

// latency is a duration of three digits.
func latency(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	switch {
	case d == 0:
		return "-"
	case d < time.Millisecond:
		return d.Round(time.Microsecond).String()
	case d < 100*time.Millisecond:
		return d.Round(100 * time.Microsecond).String()
	}
	return d.Round(time.Millisecond).String()
}

func total(ejections map[string]uint64) (n uint64) {
	for _, of := range ejections {
		n += of
	}
	return n
}

// reason is why an endpoint is out, and for how long, and which models are not ready there.
func reason(e manifold.ListedEndpoint, now time.Time) string {
	var all []string
	if e.Reason != "" {
		all = append(all, e.Reason)
	}
	if left := e.Until.Sub(now); !e.Until.IsZero() && left > 0 {
		all = append(all, fmt.Sprintf("to be tried in %s", left.Round(100*time.Millisecond)))
	}
	for _, model := range slices.Sorted(maps.Keys(e.Vetoes)) {
		all = append(all, fmt.Sprintf("model %s: %s", model, e.Vetoes[model]))
	}
	return cmp.Or(strings.Join(all, "; "), "-")
}
