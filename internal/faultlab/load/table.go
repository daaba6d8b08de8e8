package load

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// maxFaults is how many faults of the ledger a table shows.
const maxFaults = 10

// String is r as a table.
func (r *Report) String() string {
	var text strings.Builder
	r.Write(&text)
	return text.String()
}

// Write writes r as a table: a line per phase, what failed, what the ledger found, and how late the generator was.
func (r *Report) Write(w io.Writer) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "phase\tcalls\tfailed\tp50\tp90\tp99\tp99.9\tmax\tcodes\tservers")
	for _, p := range append(r.Phases, r.All) {
		fmt.Fprintf(table, "%s\t%d\t%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", p.Name, p.Calls, p.Failed, ms(p.Latency.Quantile(0.5)),
			ms(p.Latency.Quantile(0.9)), ms(p.Latency.Quantile(0.99)), ms(p.Latency.Quantile(0.999)), ms(p.Latency.Max()),
			counts(p.Codes), counts(p.Backends))
	}
	_ = table.Flush()
	faults := r.Faults()
	fmt.Fprintf(w, "ledger: %d faults", len(faults))
	for _, fault := range faults[:min(len(faults), maxFaults)] {
		fmt.Fprintf(w, "\n  %s", fault)
	}
	fmt.Fprintf(w, "\ngenerator: 99 of 100 calls sent within %s of their time, all within %s\n", ms(r.Lag.Quantile(0.99)), ms(r.Lag.Max()))
	if err := r.Unusable(); err != nil {
		fmt.Fprintf(w, "NOT USABLE: %v\n", err)
	}
}

func ms(d time.Duration) string { return fmt.Sprintf("%.1fms", float64(d)/float64(time.Millisecond)) }

// counts are written as OK:10 UNAVAILABLE:2.
func counts(c map[string]int) string {
	var parts []string
	for _, key := range sorted(c) {
		parts = append(parts, fmt.Sprintf("%s:%d", key, c[key]))
	}
	return strings.Join(parts, " ")
}
