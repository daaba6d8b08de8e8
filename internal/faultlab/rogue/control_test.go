package rogue_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/manifold-serving/manifold/internal/faultlab/backend"
	"github.com/manifold-serving/manifold/internal/faultlab/load"
)

func TestTheControlPortAnswersDuringEveryFault(t *testing.T) {
	t.Parallel()
	for name, b := range map[string]backend.Behaviour{
		"hang":        {Hang: 1},
		"endless":     {Answer: backend.Bulk{Endless: true}},
		"drip":        {Drip: backend.Drip{Share: 1, BytesPerSecond: 1}},
		"dead":        {Dead: true},
		"pings":       {Flood: backend.Flood{Kind: backend.FloodPing, PerSecond: 100_000}},
		"bad size":    {Flood: backend.Flood{Kind: backend.FloodBadSize}},
		"zero window": {Flood: backend.Flood{Kind: backend.FloodZeroWindow}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := serve(t, backend.Options{Workers: 1})
			f.raw(t) // a peer that does not read
			body, err := json.Marshal(b)
			if err != nil {
				t.Fatal(err)
			}
			if got := f.ask(t, http.MethodPost, backend.PathOrder, string(body), nil); got != http.StatusOK {
				t.Fatalf("status %d", got)
			}
			g, err := load.Start(t.Context(), load.Options{Target: f.address, Rate: 200, Deadline: 300 * time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			var counts backend.Counts
			for counts.Total.Accepted < 2 {
				counts = backend.Counts{}
				f.ask(t, http.MethodGet, backend.PathCounts, "", &counts)
			}
			if got := f.ask(t, http.MethodPost, backend.PathOrder, "{}", nil); got != http.StatusOK {
				t.Errorf("status %d", got)
			}
			_ = f.Do(backend.Reset)
			g.Stop()
		})
	}
}

func TestOrdersThatNobodyCanObey(t *testing.T) {
	t.Parallel()
	f := serve(t, backend.Options{})
	for _, body := range []string{
		`{"hang": 2}`, `{"hang": -1}`, `{"hangs": 1}`, `{`, `{"lie": {"share": 1, "kind": "x"}}`, `{"flood": {"kind": "x"}}`,
		`{"fail": {"share": 1, "code": "unavailable"}}`,
	} {
		if got := f.ask(t, http.MethodPost, backend.PathOrder, body, nil); got != http.StatusBadRequest {
			t.Errorf("%s: status %d", body, got)
		}
	}
	if got := f.ask(t, http.MethodPost, backend.PathDo, "nothing", nil); got != http.StatusBadRequest {
		t.Errorf("status %d", got)
	}
	if err := f.Do(backend.Exit); err != nil || <-f.exited != 3 {
		t.Errorf("no exit: %v", err)
	}
}
