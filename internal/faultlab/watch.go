//go:build linux

package faultlab

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/manifold-serving/manifold/internal/faultlab/witness"
)

// watch sees what the gateway holds, and what it says of its endpoints, while the load goes on.
type watch struct {
	gateway  *gateway
	witness  *witness.Witness
	stop     context.CancelFunc
	watching sync.WaitGroup
	states   []state
	blind    error // why the last look at the endpoints saw nothing
}

// state is what the gateway said of an endpoint that is out.
type state struct {
	at      time.Time
	address string
	calls   int
}

// watch begins to look at the gateway.
func (r *run) watch(ctx context.Context) (*watch, error) {
	w := &watch{gateway: r.gateway}
	var err error
	w.witness, err = witness.Watch(ctx, witness.Options{PID: r.gateway.pid(), Metrics: "http://" + r.gateway.Admin + "/metrics"})
	if err != nil {
		return nil, err
	}
	ctx, w.stop = context.WithCancel(ctx)
	if r.scenario.Expect.LiveAtEjected != nil {
		w.watching.Go(func() { w.look(ctx) })
	}
	return w, nil
}

// lookEvery is how often the endpoints are looked at, and moved how long the calls of one that is out may take to be elsewhere.
const (
	lookEvery = 20 * time.Millisecond
	moved     = 200 * time.Millisecond
)

// look looks at the endpoints until ctx is done.
func (w *watch) look(ctx context.Context) {
	again := time.NewTicker(lookEvery)
	defer again.Stop()
	for {
		select {
		case <-again.C:
		case <-ctx.Done():
			return
		}
		out, err := w.gateway.out(ctx)
		if ctx.Err() == nil {
			w.states, w.blind = append(w.states, out...), err
		}
	}
}

// out are the endpoints that have been out for a while, as the gateway has them.
func (g *gateway) out(ctx context.Context) ([]state, error) {
	text, err := g.ask(ctx, "/resources/upstreams")
	if err != nil {
		return nil, err
	}
	var upstreams []struct {
		Endpoints []struct {
			Address  string    `json:"address"`
			State    string    `json:"state"`
			Since    time.Time `json:"since"`
			InFlight int       `json:"inFlight"`
		} `json:"endpoints"`
	}
	if err := json.Unmarshal(text, &upstreams); err != nil {
		return nil, err
	}
	var all []state
	now := time.Now()
	for _, u := range upstreams {
		for _, e := range u.Endpoints {
			if (e.State == "ejected" || e.State == "probing") && now.Sub(e.Since) > moved {
				all = append(all, state{now, e.Address, e.InFlight})
			}
		}
	}
	return all, nil
}

// Everything that a call took is given back soon after it. What stays may be more connections, of HTTP 64 to an endpoint, with the two
// goroutines that serve each; what a call left behind would be there as often as there were calls.
const slack = 3 * 64 * 2

// end looks for the last time, when what calls took should have been given back.
func (w *watch) end(ctx context.Context, record *Record) {
	w.stop()
	w.watching.Wait()
	if w.gateway.alive() {
		if err := w.witness.Settle(ctx, witness.Envelope{Goroutines: slack, Descriptors: slack}); err != nil {
			record.Broken = append(record.Broken, "what calls took is not given back: "+err.Error())
		}
	}
	seen := w.witness.Stop()
	record.Before, record.Peak = seen.Baseline.RSS, seen.Peak.RSS
	if w.blind != nil {
		record.Broken = append(record.Broken, "the gateway does not tell of its endpoints: "+w.blind.Error())
	}
}

// ask is what the gateway's admin edge answers.
func (g *gateway) ask(ctx context.Context, path string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+g.Admin+path, http.NoBody)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", path, resp.Status)
	}
	return text, err
}
