package main

import (
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/manifold-serving/manifold"
)

// printNames prints names that are served as kubectl does.
func printNames(out io.Writer, rows []manifold.Listed, now time.Time) error {
	if len(rows) == 0 {
		_, err := fmt.Fprintln(out, "No resources found.")
		return err
	}
	t := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(t, "NAME\tURL\tREADY\tAGE")
	for _, r := range rows {
		ready := "True"
		if !r.Ready {
			ready = "False"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", r.Name, r.URL, ready, age(r.Since, now))
	}
	return t.Flush()
}

// age is the time since then as kubectl writes it: 45s, 12m, 3h, 9d.
func age(since, now time.Time) string {
	d := now.Sub(since)
	switch {
	case since.IsZero():
		return "<unknown>"
	case d < 2*time.Minute:
		return strconv.Itoa(int(d.Seconds())) + "s"
	case d < 2*time.Hour:
		return strconv.Itoa(int(d.Minutes())) + "m"
	case d < 48*time.Hour:
		return strconv.Itoa(int(d.Hours())) + "h"
	}
	return strconv.Itoa(int(d.Hours()/24)) + "d"
}
