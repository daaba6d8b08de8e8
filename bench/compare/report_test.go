package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// measured is a cell in which manifold used 2, 4 and 3 µs a request, and naive 4 each.
func measured() result {
	turns := func(cpu ...time.Duration) []turn {
		var all []turn
		for _, d := range cpu {
			all = append(all, turn{requests: 10, cpu: d * 10, took: time.Second, p50: time.Millisecond, p99: 20 * time.Millisecond})
		}
		return all
	}
	return result{
		cell{name: "gRPC 4 KiB x 16", payload: 4096, inflight: 16, targets: []string{direct, manifold, naiveGRPC, nginx}, base: naiveGRPC},
		map[string][]turn{
			direct:    turns(0, 0, 0),
			manifold:  turns(2*time.Microsecond, 4*time.Microsecond, 3*time.Microsecond),
			naiveGRPC: turns(4*time.Microsecond, 4*time.Microsecond, 4*time.Microsecond),
		},
		map[string]int64{manifold: 5 << 20},
	}
}

func TestRatiosAreOfTheSameRound(t *testing.T) {
	t.Parallel()
	r := measured()
	got, ok := r.against(manifold, naiveGRPC)
	if want := (spread{0.5, 0.75, 1}); !ok || got != want {
		t.Errorf("%v, %t", got, ok)
	}
	if _, ok := r.against(manifold, nginx); ok {
		t.Error("a ratio to what was not measured")
	}
	if _, ok := r.against(manifold, direct); ok {
		t.Error("a ratio to no CPU time")
	}
}

func TestReportStandsBetweenItsMarkers(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "performance.md")
	if err := os.WriteFile(file, []byte("before\n"+begin+"\nstale results\n"+end+"\nafter\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := report(options{rounds: 3, report: file}, []result{measured()}, []table{{"idle", "a note", [][]string{{"", "KiB"}, {"manifold", "9.0"}}}}, io.Discard); err != nil {
		t.Fatal(err)
	}
	written, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text := string(written)
	for _, want := range []string{"before\n", "\nafter\n", "**gRPC 4 KiB x 16**", "| manifold | 3 |  | 0.75 (0.50-1.00) |", "| nginx | not installed |", "5 MiB", "**idle**\n\na note\n\n|  | KiB |\n|---|---|\n| manifold | 9.0 |\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, "stale results") {
		t.Error("the old results are still there")
	}
	if err := os.WriteFile(file, []byte("no markers"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := report(options{report: file}, nil, nil, io.Discard); err == nil {
		t.Error("a file without markers was written")
	}
}

func TestPlotsAreXML(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	small, large := measured(), measured()
	large.cell.payload, large.cell.inflight = 588*kib, 16
	small.cell.inflight = 16
	one := measured()
	one.cell.inflight = 1
	if err := plotAll(folder, []result{one, small, large}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"cost-payload.svg", "cost-inflight.svg"} {
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		d := xml.NewDecoder(bytes.NewReader(text))
		for err == nil {
			_, err = d.Token()
		}
		if !errors.Is(err, io.EOF) || bytes.Contains(text, []byte("NaN")) {
			t.Errorf("%s: %v\n%s", name, err, text)
		}
	}
}

func TestCPUClockOfAProcess(t *testing.T) {
	t.Parallel()
	p, _, err := spawn(t.Context(), "sh", "-c", "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done; echo done; read x")
	if err != nil {
		t.Fatal(err)
	}
	defer p.kill()
	used, err := p.cpu()
	if err != nil {
		t.Fatal(err)
	}
	for used == 0 { // the loop runs
		if used, err = p.cpu(); err != nil {
			t.Fatal(err)
		}
	}
	if p.peak() == 0 {
		t.Error("it has no memory")
	}
}

func TestBodiesAreOfTheSameNumbers(t *testing.T) {
	t.Parallel()
	ours, theirs := string(oipJSON(3)), string(protoJSON(3))
	if !strings.Contains(ours, `"data":[`+numbers(3)+`]`) || !strings.Contains(theirs, `"fp32Contents":[`+numbers(3)+`]`) {
		t.Errorf("%s\n%s", ours, theirs)
	}
}

func TestPeakIsComparedWithWhatIsInFlight(t *testing.T) {
	t.Parallel()
	r := measured()
	for i := range r.turns[manifold] {
		r.turns[manifold][i].message = mib
	}
	r.cell.inflight = 4
	if row := r.rows()[2]; row[0] != manifold || row[len(row)-1] != "1.25" {
		t.Errorf("%q", row)
	}
}

func TestBasesOfTheGatewayHaveResources(t *testing.T) {
	t.Parallel()
	for _, c := range graphs() {
		if c.variants[c.base] == "" || c.openBase == nil || !slices.Contains(c.targets, c.base) || c.columns()[3] != "/ "+c.base {
			t.Errorf("%s: %q", c.name, c.columns())
		}
	}
}

func TestPoliciesAreComparedWithNone(t *testing.T) {
	t.Parallel()
	for _, c := range policies() {
		r := result{c, map[string][]turn{}, map[string]int64{}}
		for i, name := range []string{policiesOff, policiesOn} {
			r.turns[name] = []turn{{requests: 1000, cpu: time.Duration(100+3*i) * time.Millisecond, took: time.Second}}
		}
		rows := r.rows()
		if head, on := rows[0][3], rows[len(rows)-1]; head != "/ policies off" || on[0] != policiesOn || on[3] != "1.03 (1.03-1.03)" {
			t.Errorf("%s: %q, %q", c.name, head, on)
		}
		for _, name := range c.targets {
			if c.variants[name] == "" {
				t.Errorf("%s: no resources for %s", c.name, name)
			}
		}
	}
}
