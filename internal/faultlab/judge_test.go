package faultlab

import (
	"strconv"
	"strings"
	"testing"
	"time"
)

const ms = time.Millisecond

// flawless is a scenario with every expectation, and a record in which all hold: two backends in turn get a call each 10 ms for 10 s, the
// first is stopped from 2 s to 5 s.
func flawless() (Scenario, *Record) {
	s := Scenario{
		Servers: []Server{{Name: "pool", Backends: 2, Toxic: true}},
		Load: []Traffic{{
			Model: "echo", Rate: 100, Calls: 1000, Failed: new(1), Codes: []string{"UNAVAILABLE"}, Tail: 1.5, Goodput: 0.99,
		}},
		Expect: Expect{
			EjectedWithin: 300e6, FullShareWithin: 2e9, Ejections: new(1), LiveAtEjected: new(1), Amplification: 1.1,
			BadShare: 0.01, AmplificationInAnySecond: 1.5, DialsPerSecond: 2, FirstSuccessWithin: 1e9, CancelledWithin: 50e6, DispatchedAfterExpiry: new(0),
			Memory: 64 << 20, Untouched: []string{"pool/0'"},
		},
	}
	r := &Record{
		From: 2 * time.Second, To: 5 * time.Second,
		Faults: []Happened{
			{Do: Stop, Backends: []string{"pool/0"}, At: 2 * time.Second},
			{Do: Continue, Backends: []string{"pool/0"}, At: 5 * time.Second},
		},
		Calls:    [][]Call{nil},
		Arrivals: map[string][]Arrival{},
		Changes:  []Change{{At: 2200 * ms, Backend: "pool/0", Out: true}, {At: 6000 * ms, Backend: "pool/0"}},
		Live:     []Live{{At: 3 * time.Second, Backend: "pool/0", Calls: 1}},
		Connects: map[string][]time.Duration{"pool/0": {100 * ms, 110 * ms, 120 * ms, 2500 * ms, 2600 * ms, 3700 * ms}},
		Before:   30 << 20, Peak: 80 << 20,
	}
	for i := range 1000 {
		at := time.Duration(i) * 10 * ms
		id := strconv.Itoa(i)
		call, arrival := Call{ID: id, Due: at, Ended: at + 10*ms}, Arrival{ID: id, Model: "echo", At: at, Ended: at + 10*ms}
		if i == 700 {
			call.Verdict, arrival.Ended, arrival.Cancelled = Cancelled, call.Ended+5*ms, true
		}
		backend := "pool/1"
		if out := at > 2*time.Second && at < 6*time.Second; i%2 == 0 && !out {
			backend = "pool/0"
		}
		r.Calls[0] = append(r.Calls[0], call)
		r.Arrivals[backend] = append(r.Arrivals[backend], arrival)
	}
	return s, r
}

func TestNothingIsSaidOfAFlawlessRun(t *testing.T) {
	t.Parallel()
	s, r := flawless()
	if got := s.Judge(r, true); len(got) != 0 {
		t.Errorf("got %q", got)
	}
}

func TestEachExpectationCanFail(t *testing.T) {
	t.Parallel()
	fail := func(r *Record, n int, code string) {
		for i := range n {
			r.Calls[0][500+i].Verdict, r.Calls[0][500+i].Code = Failed, code
		}
	}
	again := func(r *Record, from, n int) {
		for i := range n {
			r.Arrivals["pool/1"] = append(r.Arrivals["pool/1"], Arrival{ID: strconv.Itoa(from + i), Model: "echo", At: time.Duration(from+i) * 10 * ms})
		}
	}
	for _, tt := range []struct {
		name  string
		timed bool // not judged unless time is
		spoil func(*Record)
		want  string
	}{
		{"a broken process", false, func(r *Record) { r.Broken = []string{"the gateway ended"} }, "the gateway ended"},
		{"failed calls", false, func(r *Record) { fail(r, 2, "UNAVAILABLE") }, "echo: 2 of 1000 calls failed, more than 1: map[UNAVAILABLE:2]"},
		{"another code", false, func(r *Record) { fail(r, 1, "INTERNAL") }, "echo: call 500 failed with INTERNAL, and should with [UNAVAILABLE]"},
		{"wrong answers", false, func(r *Record) { r.Calls[0][3].Verdict, r.Calls[0][3].Detail = Wrong, "twice" }, "echo: wrong answer to 3: twice"},
		{"goodput", false, func(r *Record) { fail(r, 20, "UNAVAILABLE") }, "echo: 0.979 of the calls were answered, less than 0.990"},
		{"the tail", true, func(r *Record) {
			for i := 300; i < 320; i++ {
				r.Calls[0][i].Ended = r.Calls[0][i].Due + 16*ms
			}
		}, "echo: p99 was 16ms with the fault and 10ms without it, more than 1.50 times as much"},
		{"never ejected", true, func(r *Record) { r.Changes = nil }, "pool/0 was not ejected after stop at 2s"},
		{"ejected late", true, func(r *Record) { r.Changes[0].At = 2301 * ms }, "pool/0 was ejected 301ms after stop, later than 300ms"},
		{"ejected too often", false, func(r *Record) { r.Changes = append(r.Changes, Change{Backend: "pool/1", Out: true}) }, "2 ejections, more than 1"},
		{"calls for who is bad", true, func(r *Record) {
			for i := range 3 {
				at := 3*time.Second + time.Duration(i)*10*ms
				r.Arrivals["pool/0"] = append(r.Arrivals["pool/0"], Arrival{ID: strconv.Itoa(300 + i), Model: "echo", At: at})
			}
		}, "[pool/0] got 0.0106 of the calls while they were bad, more than 0.0100"},
		{"calls at who is out", false, func(r *Record) { r.Live[0].Calls = 2 }, "pool/0 was out and had 2 calls at 3s, more than 1"},
		{"no share", true, func(r *Record) { r.Arrivals["pool/0"] = nil }, "not every backend had its share again"},
		{"a late share", true, func(r *Record) { r.To = 3 * time.Second }, "every backend had its share again after 2.7s, later than 2s"},
		{"repeated calls", false, func(r *Record) { again(r, 100, 101) }, "1.101 calls upstream for each, more than 1.10"},
		{"a bad second", false, func(r *Record) { again(r, 100, 51) }, "1.510 calls upstream for each in the worst second, more than 1.50"},
		{"dials", false, func(r *Record) {
			for i := range 4 { // and there are 3 already, of 3 s
				r.Connects["pool/0"] = append(r.Connects["pool/0"], 3800*ms+time.Duration(i)*ms)
			}
		}, "pool/0 was dialled 2.3 times a second, more than 2.0"},
		{"no answer any more", true, func(r *Record) { r.Calls[0] = r.Calls[0][:400] }, "no call was answered after the last fault"},
		{"a late answer", true, func(r *Record) { r.To = 5100 * ms; r.Calls[0] = append(r.Calls[0][:480:480], r.Calls[0][700:]...) }, "the first answer came 1.92s after the last fault, later than 1s"},
		{"a late cancel", true, func(r *Record) { late(r, 700).Ended += 46 * ms }, "backends learned that callers turned away after 51ms (p99 of 1), later than 50ms"},
		{"a lost cancel", true, func(r *Record) { r.Running = 1 }, "1 calls go on at their backends although nobody waits for them"},
		{"nobody cancelled", true, func(r *Record) { r.Calls[0][700].Verdict = Answered }, "no backend learned that a caller turned away"},
		{"after the deadline", true, func(r *Record) { r.Calls[0][3].Expires, late(r, 3).At = 100*ms, 121*ms }, "1 calls came to a backend after their deadlines, more than 0"},
		{"memory", false, func(r *Record) { r.Peak = 95 << 20 }, "the gateway grew by 65 MiB, more than 64MiB"},
		{"who should be left alone", false, func(r *Record) { r.Arrivals["pool/0'"] = []Arrival{{ID: "1", Model: "echo"}} }, "pool/0' got 1 calls, and should have got none"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, r := flawless()
			tt.spoil(r)
			said := func(timed bool) bool { return strings.Contains(strings.Join(s.Judge(r, timed), "\n"), tt.want) }
			if !said(true) {
				t.Errorf("got %q, want %s", s.Judge(r, true), tt.want)
			}
			if said(false) == tt.timed {
				t.Errorf("without time: %q", s.Judge(r, false))
			}
			r.Unusable = []string{"the load was late"}
			if said(true) == tt.timed {
				t.Errorf("with a load that was late: %q", s.Judge(r, true))
			}
		})
	}
}

// late is the arrival of a call.
func late(r *Record, call int) *Arrival {
	for _, backend := range r.Arrivals {
		for i := range backend {
			if backend[i].ID == strconv.Itoa(call) {
				return &backend[i]
			}
		}
	}
	return nil
}

func TestFiguresOfARun(t *testing.T) {
	t.Parallel()
	s, r := flawless()
	warm := Arrival{ID: "warm", Model: "echo", At: -time.Second} // counts, but in no second of the load
	r.Arrivals["pool/1"] = append(r.Arrivals["pool/1"], warm, warm)
	r.Calls[0][0].Verdict, r.Calls[0][1].Verdict = Failed, Wrong
	got := s.figures(r)
	want := Figures{
		Calls: 1000, Failed: 1, Wrong: 1, Cancelled: 1, Ejected: 200 * ms, Back: 700 * ms, Ejections: 1, Amplification: 1002.0 / 1001, Worst: 1,
		Before: Quantiles{200, 10 * ms, 10 * ms}, During: Quantiles{300, 10 * ms, 10 * ms}, After: Quantiles{499, 10 * ms, 10 * ms},
	}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
