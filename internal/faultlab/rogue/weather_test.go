package rogue_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pb "github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/internal/faultlab/backend"
	"github.com/manifold-serving/manifold/internal/faultlab/load"
	"github.com/manifold-serving/manifold/internal/units"
)

func TestU12U13FramesComeOnConnectionsThatAreOpen(t *testing.T) {
	t.Parallel()
	f := serve(t, backend.Options{})
	peer := f.raw(t)
	peer.await(t, 4, anyFrame)
	for range 2 { // what is ordered is taken back
		f.order(t, backend.Behaviour{MaxStreams: 3})
		peer.await(t, 4, setting(3, 3))
		f.order(t, backend.Behaviour{Flood: backend.Flood{Kind: backend.FloodZeroWindow}})
		peer.await(t, 4, setting(4, 0))
		f.order(t, backend.Behaviour{})
		peer.await(t, 4, setting(4, 1<<20))
		f.order(t, backend.Behaviour{Flood: backend.Flood{Kind: backend.FloodPing}})
		peer.await(t, 6, anyFrame)
		peer.await(t, 6, anyFrame)
		f.order(t, backend.Behaviour{Flood: backend.Flood{Kind: backend.FloodUnknown}})
		peer.await(t, 0xfa, anyFrame)
		f.order(t, backend.Behaviour{Flood: backend.Flood{Kind: backend.FloodSettings}})
		peer.await(t, 4, func(s rawFrame) bool { return len(s.payload) == 0 && s.flags == 0 })
		f.order(t, backend.Behaviour{Flood: backend.Flood{Kind: backend.FloodBadSize}})
		peer.await(t, 4, setting(5, 1))
	}
	f.order(t, backend.Behaviour{})
	_ = f.Do(backend.GoAway)
	peer.await(t, 7, func(g rawFrame) bool { return len(g.payload) == 8 })
}

func TestU12CallsPassBetweenTheFramesOfAFlood(t *testing.T) {
	t.Parallel()
	f := serve(t, backend.Options{})
	for _, kind := range []string{backend.FloodPing, backend.FloodSettings, backend.FloodUnknown} {
		f.order(t, backend.Behaviour{Flood: backend.Flood{Kind: kind, PerSecond: 5000}})
		report, err := load.Run(t.Context(), load.Options{Target: f.address, Rate: 500, Calls: 50, Deadline: time.Minute, Payload: 20_000})
		if err != nil || report.All.Failed > 0 {
			t.Errorf("%s: %v\n%s", kind, err, report)
		}
	}
}

func TestU12AWindowOfZeroKeepsBodiesBackUntilItOpens(t *testing.T) {
	t.Parallel()
	f := serve(t, backend.Options{})
	f.order(t, backend.Behaviour{Flood: backend.Flood{Kind: backend.FloodZeroWindow}})
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	// The first stream may be opened before the settings come; the second is not.
	_, _ = f.client.ServerLive(t.Context(), &pb.ServerLiveRequest{})
	if _, err := f.client.ModelInfer(ctx, call("1").Request("ledger")); status.Code(err) != codes.DeadlineExceeded {
		t.Errorf("got %v", err)
	}
	answered := make(chan error, 1)
	go func() {
		_, err := f.client.ModelInfer(t.Context(), call("2").Request("ledger"))
		answered <- err
	}()
	f.order(t, backend.Behaviour{})
	if err := <-answered; err != nil {
		t.Error(err)
	}
}

func TestU8NoCallIsLostToAGoAway(t *testing.T) {
	t.Parallel()
	f := serve(t, backend.Options{Service: backend.Delay{Mean: units.Duration(time.Millisecond)}})
	f.order(t, backend.Behaviour{GoAwayEvery: units.Duration(20 * time.Millisecond)})
	report, err := load.Run(t.Context(), load.Options{Target: f.address, Rate: 1000, Calls: 500, Deadline: time.Minute, Connections: 2})
	if err != nil || report.All.Failed > 0 {
		t.Errorf("%v\n%s", err, report)
	}
	if dials := f.Counts().Total.Accepted; dials < 4 {
		t.Errorf("%d connections", dials)
	}
}

func TestU8StreamsBelowAGoAwayAreSentAgain(t *testing.T) {
	t.Parallel()
	f := serve(t, backend.Options{})
	f.order(t, backend.Behaviour{Hang: 1})
	g, err := load.Start(t.Context(), load.Options{Target: f.address, Rate: 1000, Calls: 5, Deadline: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	await(t, func() bool { return f.Counts().Live == 5 })
	f.order(t, backend.Behaviour{})
	if err := f.Do(backend.GoAwayBelow); err != nil {
		t.Fatal(err)
	}
	await(t, func() bool { return f.Counts().Total.Tally.Finished == 2 }) // those that were sent again: the others hang
	_ = f.Do(backend.Reset)                                               // which may overtake the two answers
	if report := g.Wait(); report.All.Codes["UNAVAILABLE"] < 3 || report.All.Codes["OK"]+report.All.Codes["UNAVAILABLE"] != 5 {
		t.Errorf("three calls were cut off:\n%s", report)
	}
}

func TestADrainAnswersWhatWasBegun(t *testing.T) {
	t.Parallel()
	f := serve(t, backend.Options{Service: backend.Delay{Mean: units.Duration(50 * time.Millisecond)}})
	answered := make(chan error, 1)
	go func() {
		_, err := f.client.ModelInfer(t.Context(), call("1").Request("ledger"))
		answered <- err
	}()
	await(t, func() bool { return f.Counts().Live == 1 })
	if status := f.ask(t, http.MethodPost, backend.PathDo, string(backend.Drain), nil); status != http.StatusOK {
		t.Errorf("status %d", status)
	}
	if err := <-answered; err != nil {
		t.Error(err)
	}
	err := <-f.served
	f.served <- err
	if err != nil {
		t.Error(err)
	}
}
