package rogue_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/manifold-serving/manifold/internal/faultlab/backend"
	"github.com/manifold-serving/manifold/internal/faultlab/load"
	"github.com/manifold-serving/manifold/internal/units"
)

// run makes so many calls of a load, in no hurry.
func run(t *testing.T, f *fixture, protocol load.Protocol, calls int) *load.Report {
	t.Helper()
	report, err := load.Run(t.Context(), load.Options{Target: f.address, Protocol: protocol, Rate: 1000, Calls: calls, Deadline: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func TestU4FailuresAreAsOrdered(t *testing.T) {
	t.Parallel()
	f := serve(t, backend.Options{Seed: 1})
	f.order(t, backend.Behaviour{Fail: backend.Fail{Share: 1, Code: "RESOURCE_EXHAUSTED", Message: "too % much", Pushback: "40"}})
	var trailer metadata.MD
	_, err := f.client.ModelInfer(t.Context(), call("1").Request("ledger"), grpc.Trailer(&trailer))
	if s := status.Convert(err); s.Code() != codes.ResourceExhausted || s.Message() != "too % much" || trailer.Get("grpc-retry-pushback-ms")[0] != "40" {
		t.Errorf("got %v with %v", err, trailer)
	}
	resp, err := http.Post("http://"+f.address+"/v2/models/ledger/infer", "application/json", strings.NewReader(string(call("2").JSON())))
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusTooManyRequests || resp.Header.Get("Retry-After") != "40" {
		t.Errorf("got %s with %v", resp.Status, resp.Header)
	}
	if got := f.Counts().Window.Tally; got != (backend.Tally{Started: 2, Failed: 2}) {
		t.Errorf("counts %+v", got)
	}

	f.order(t, backend.Behaviour{Fail: backend.Fail{Share: 0.5}})
	for _, protocol := range []load.Protocol{load.GRPC, load.Stream, load.REST} {
		report := run(t, f, protocol, 100)
		failed := report.All.Codes["UNAVAILABLE"] + report.All.Codes["HTTP 503"]
		if failed < 25 || failed > 75 || report.All.Failed != failed || len(report.Faults()) > 0 {
			t.Errorf("protocol %d: of 100 half shall fail:\n%s", protocol, report)
		}
	}
}

func TestAnOrderMayConcernSomeModels(t *testing.T) {
	t.Parallel()
	f := serve(t, backend.Options{Models: []string{"a", "b"}})
	f.order(t, backend.Behaviour{Only: []string{"a"}, Fail: backend.Fail{Share: 1}})
	_, errA := f.client.ModelInfer(t.Context(), call("1").Request("a"))
	_, errB := f.client.ModelInfer(t.Context(), call("2").Request("b"))
	_, errC := f.client.ModelInfer(t.Context(), call("3").Request("c"))
	if status.Code(errA) != codes.Unavailable || errB != nil || status.Code(errC) != codes.NotFound {
		t.Errorf("got %v, %v, %v", errA, errB, errC)
	}
	got := f.Counts().Total.Models
	if got["a"] != (backend.Tally{Started: 1, Failed: 1}) || got["b"] != (backend.Tally{Started: 1, Finished: 1}) || got["c"] != (backend.Tally{Refused: 1}) {
		t.Errorf("counts %+v", got)
	}
}

func TestC1HungCallsEndWhenTheyAreCancelled(t *testing.T) {
	t.Parallel()
	f := serve(t, backend.Options{Workers: 1})
	f.order(t, backend.Behaviour{Hang: 1})
	for i, protocol := range []load.Protocol{load.GRPC, load.Stream, load.REST} {
		f.Do(backend.Mark)
		report, err := load.Run(t.Context(), load.Options{
			Target: f.address, Protocol: protocol, Rate: 1000, Calls: 5, Deadline: time.Minute, CancelShare: 1, CancelAfter: 300 * time.Millisecond,
		})
		if err != nil {
			t.Fatal(err)
		}
		idle(t, f)
		if got := f.Counts().Window; got.Tally != (backend.Tally{Started: 5, Cancelled: 5}) || got.LivePeak < 2 {
			t.Errorf("protocol %d: counts %+v, peak %d", protocol, got.Tally, got.LivePeak)
		}
		seen := 0
		for _, e := range f.journal(t) {
			if e.Outcome == backend.Cancelled {
				seen++
			}
		}
		if seen != 5*(i+1) || report.All.Failed != 0 || report.All.Cancelled != 5 {
			t.Errorf("protocol %d: the journal has %d that were cancelled:\n%s", protocol, seen, report)
		}
	}
}

func TestC2DeadlinesAreSeen(t *testing.T) {
	t.Parallel()
	f := serve(t, backend.Options{})
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	late := call("1")
	late.Payload = []byte{1, 0, 0, 0, 0, 0, 0, 0} // a nanosecond into 1970
	for _, of := range []context.Context{ctx, t.Context()} {
		if _, err := f.client.ModelInfer(of, late.Request("ledger")); err != nil {
			t.Fatal(err)
		}
	}
	d := f.Counts().Total.Deadlines
	if d.Absent != 1 || d.Expired != 2 || d.Longest > time.Hour || d.Shortest < 50*time.Minute || d.Excess < time.Hour {
		t.Errorf("got %+v", d)
	}
}

func TestU10AnswersThatDripOrNeverEnd(t *testing.T) {
	t.Parallel()
	f := serve(t, backend.Options{})
	for _, protocol := range []load.Protocol{load.GRPC, load.Stream, load.REST} {
		f.order(t, backend.Behaviour{Drip: backend.Drip{Share: 1, BytesPerSecond: 10_000}})
		if report := run(t, f, protocol, 2); report.All.Failed != 0 {
			t.Errorf("protocol %d: slow answers are answers:\n%s", protocol, report)
		}
		f.order(t, backend.Behaviour{Drip: backend.Drip{Share: 1, BytesPerSecond: 1}})
		report, err := load.Run(t.Context(), load.Options{Target: f.address, Protocol: protocol, Calls: 1, Deadline: 200 * time.Millisecond})
		if err != nil || report.All.Codes["DEADLINE_EXCEEDED"] != 1 {
			t.Errorf("protocol %d: %v\n%s", protocol, err, report)
		}
		idle(t, f)
		if got := f.Counts().Window.Tally; got.Cancelled != 1 {
			t.Errorf("protocol %d: counts %+v", protocol, got)
		}
	}
	f.order(t, backend.Behaviour{Answer: backend.Bulk{Endless: true}})
	_, err := f.client.ModelInfer(t.Context(), call("1").Request("ledger"))
	if status.Code(err) != codes.ResourceExhausted {
		t.Errorf("got %v", err)
	}
	resp, err := http.Post("http://"+f.address+"/v2/models/ledger/infer", "application/json", strings.NewReader(string(call("2").JSON())))
	if err != nil {
		t.Fatal(err)
	}
	if n, err := io.CopyN(io.Discard, resp.Body, 10<<20); err != nil {
		t.Errorf("it ended after %d bytes: %v", n, err)
	}
	_ = resp.Body.Close()
	idle(t, f)
}

func TestU10AnswersAreAsBigAsOrdered(t *testing.T) {
	t.Parallel()
	f := serve(t, backend.Options{})
	f.order(t, backend.Behaviour{Answer: backend.Bulk{Bytes: 1 << 16, TrailerBytes: 100_000}})
	var trailer metadata.MD
	resp, err := f.client.ModelInfer(t.Context(), call("1").Request("ledger"), grpc.Trailer(&trailer))
	if err != nil {
		t.Fatal(err)
	}
	size := 0
	for _, value := range trailer.Get("x-padding") {
		size += len(value)
	}
	if len(resp.RawOutputContents) != 5 || len(resp.RawOutputContents[4]) != 1<<16 || size != 100_000 {
		t.Errorf("%d outputs and %d bytes of trailers", len(resp.RawOutputContents), size)
	}
	for _, protocol := range []load.Protocol{load.Stream, load.REST} {
		if report := run(t, f, protocol, 1); report.All.Failed != 0 {
			t.Errorf("protocol %d:\n%s", protocol, report)
		}
	}
}

func TestAnswersAreCut(t *testing.T) {
	t.Parallel()
	f := serve(t, backend.Options{})
	for _, connection := range []bool{false, true} {
		f.order(t, backend.Behaviour{Cut: backend.Cut{Share: 1, Connection: connection}})
		for _, protocol := range []load.Protocol{load.GRPC, load.Stream, load.REST} {
			if report := run(t, f, protocol, 1); report.All.Failed != 1 || report.All.Codes["OK"] != 0 {
				t.Errorf("connection %v, protocol %d:\n%s", connection, protocol, report)
			}
		}
		idle(t, f)
		if got := f.Counts().Window.Tally; got != (backend.Tally{Started: 3, Cut: 3}) {
			t.Errorf("connection %v: counts %+v", connection, got)
		}
	}
}

func TestU11LiesAreFoundByTheLedger(t *testing.T) {
	t.Parallel()
	anything := map[load.Verdict]bool{load.Wrong: true, load.Swapped: true}
	failed := map[load.Verdict]bool{load.Failed: true}
	for kind, want := range map[string]map[load.Verdict]bool{
		backend.LieShape: anything, backend.LieMissing: anything, backend.LieDuplicate: anything, backend.LieID: anything,
		backend.LieSum: anything, backend.LieModel: {load.Right: true}, // its name is none of the proof
		backend.LieUTF8: failed, backend.LieGarbage: failed, backend.LieEmpty: failed, backend.LieTwice: failed, backend.LieHTML: failed,
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			f := serve(t, backend.Options{})
			f.order(t, backend.Behaviour{Lie: backend.Lie{Share: 1, Kind: kind}})
			for _, r := range run(t, f, load.GRPC, 3).Records {
				if !want[r.Verdict] {
					t.Errorf("gRPC: %s (%s), %s %s", r.Verdict, r.Why, r.Code, r.Message)
				}
			}
			for _, r := range run(t, f, load.REST, 3).Records {
				if (r.Verdict == load.Right) != want[load.Right] {
					t.Errorf("REST: %s (%s), %s %s", r.Verdict, r.Why, r.Code, r.Message)
				}
			}
		})
	}
}

func TestServiceTakesWorkers(t *testing.T) {
	t.Parallel()
	f := serve(t, backend.Options{Workers: 1, Service: backend.Delay{Mean: units.Duration(2 * time.Millisecond), Exponential: true}})
	report, err := load.Run(t.Context(), load.Options{Target: f.address, Rate: 2000, Calls: 100, Deadline: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	if report.All.Failed > 0 || f.Counts().Total.LivePeak < 10 {
		t.Errorf("100 calls of 2 ms in 50 ms do not wait for the one worker: %d at a time\n%s", f.Counts().Total.LivePeak, report)
	}
}
