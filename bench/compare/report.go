package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// spread is a median between the lowest and the highest.
type spread struct{ low, median, high float64 }

func spreadOf(values []float64) spread {
	slices.Sort(values)
	return spread{values[0], values[len(values)/2], values[len(values)-1]}
}

func (s spread) String() string { return s.of("%.2f") }

// of writes each number as format says.
func (s spread) of(format string) string {
	return fmt.Sprintf(format+" ("+format+"-"+format+")", s.median, s.low, s.high)
}

// cost is the CPU time of one request, in microseconds.
func (t turn) cost() float64 { return float64(t.cpu.Microseconds()) / float64(t.requests) }

func (r *result) costs(name string) []float64 {
	var all []float64
	for _, t := range r.turns[name] {
		all = append(all, t.cost())
	}
	return all
}

// against is the cost of name as a multiple of base's, round by round.
func (r *result) against(name, base string) (spread, bool) {
	ours, theirs := r.costs(name), r.costs(base)
	n := min(len(ours), len(theirs))
	if n == 0 || slices.Contains(theirs, 0) {
		return spread{}, false
	}
	ratios := make([]float64, n)
	for i := range ratios {
		ratios[i] = ours[i] / theirs[i]
	}
	return spreadOf(ratios), true
}

// notInstalled is what a row says of a peer that is not there.
const notInstalled = "not installed"

// table is a section of the report that is no cell.
type table struct {
	name string
	note string
	rows [][]string
}

func printTable(out io.Writer, rows [][]string) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		fmt.Fprintf(w, "  %s\n", strings.Join(row, "\t"))
	}
	_ = w.Flush() // out takes it or nobody reads
}

var columns = []string{"", "CPU us/request", "/ twin", "/ naive", "/ nginx", "requests/s", "p50", "p99", "peak memory", "/ in flight"}

// columns are the heads of the cell's table: the third ratio is that to its base.
func (c cell) columns() []string {
	all := slices.Clone(columns)
	switch c.base {
	case "", naiveGRPC, naiveJSON:
	default:
		all[3] = "/ " + c.base
	}
	return all
}

func (r *result) rows() [][]string {
	rows := [][]string{r.cell.columns()}
	for _, name := range r.cell.targets {
		turns := r.turns[name]
		if len(turns) == 0 {
			rows = append(rows, []string{name, notInstalled})
			continue
		}
		row := []string{name}
		if name == direct {
			row = append(row, "", "", "", "")
		} else {
			row = append(row, fmt.Sprintf("%.0f", spreadOf(r.costs(name)).median), r.ratio(name, twin), r.ratio(name, cmp.Or(r.cell.base, naiveGRPC)), r.ratio(name, nginx))
		}
		row = append(row, fmt.Sprintf("%.0f", median(turns, rate)), duration(median(turns, p50)), duration(median(turns, p99)))
		if peak := r.peaks[name]; peak > 0 {
			row = append(row, fmt.Sprintf("%d MiB", peak>>20))
			if inflight := r.cell.inflight * turns[0].message; inflight >= mib { // below that, it is the program's own
				row = append(row, fmt.Sprintf("%.2f", float64(peak)/float64(inflight)))
			}
		}
		rows = append(rows, row)
	}
	return rows
}

func (r *result) ratio(name, base string) string {
	s, ok := r.against(name, base)
	if !ok || name == base {
		return ""
	}
	return s.String()
}

func median(turns []turn, of func(turn) float64) float64 {
	values := make([]float64, len(turns))
	for i, t := range turns {
		values[i] = of(t)
	}
	return spreadOf(values).median
}

func rate(t turn) float64 { return float64(t.requests) / t.took.Seconds() }
func p50(t turn) float64  { return t.p50.Seconds() }
func p99(t turn) float64  { return t.p99.Seconds() }

func duration(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	switch {
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.2f ms", seconds*1e3)
	case d < time.Second:
		return fmt.Sprintf("%.0f ms", seconds*1e3)
	}
	return fmt.Sprintf("%.2f s", seconds)
}

// The markers between which the report stands in its file.
const (
	begin = "<!-- make compare writes from here -->"
	end   = "<!-- to here -->"
)

// report writes the results into the file, and the plots.
func report(o options, results []result, tables []table, out io.Writer) error {
	if o.plots != "" {
		if err := plotAll(o.plots, results); err != nil {
			return err
		}
	}
	if o.report == "" {
		return nil
	}
	old, err := os.ReadFile(o.report)
	if err != nil {
		return err
	}
	before, rest, opened := strings.Cut(string(old), begin)
	_, after, closed := strings.Cut(rest, end)
	if !opened || !closed {
		return fmt.Errorf("%s: the lines %q and %q are not there", o.report, begin, end)
	}
	text := before + begin + "\n\n" + markdown(o, results, tables) + "\n" + end + after
	fmt.Fprintf(out, "written to %s\n", o.report)
	return os.WriteFile(o.report, []byte(text), 0o600) //nolint:gosec // whoever runs this names the file
}

func markdown(o options, results []result, tables []table) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %d cores, %s, %s, %d rounds; ratios are medians with the lowest and the highest.\n",
		processor(), runtime.NumCPU(), runtime.Version(), time.Now().UTC().Format(time.DateOnly), o.rounds)
	for _, r := range results {
		fmt.Fprintf(&b, "\n**%s**\n\n", r.cell.name)
		writeTable(&b, r.rows())
	}
	for _, t := range tables {
		fmt.Fprintf(&b, "\n**%s**\n\n", t.name)
		if t.note != "" {
			fmt.Fprintf(&b, "%s\n\n", t.note)
		}
		writeTable(&b, t.rows)
	}
	return b.String()
}

// writeTable writes rows, the first of which is the head.
func writeTable(b *strings.Builder, rows [][]string) {
	for i, row := range rows {
		for len(row) < len(rows[0]) {
			row = append(row, "")
		}
		fmt.Fprintf(b, "| %s |\n", strings.Join(row, " | "))
		if i == 0 {
			fmt.Fprintf(b, "|%s\n", strings.Repeat("---|", len(row)))
		}
	}
}

// processor is the machine's, as Linux tells.
func processor() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	_, after, found := strings.Cut(string(text), "model name")
	if !found {
		return runtime.GOARCH
	}
	line, _, _ := strings.Cut(after, "\n")
	return strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), ":"))
}
