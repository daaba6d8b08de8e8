//go:build linux

package faultlab

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// holding is what a process has at a time.
type holding struct {
	resident    int64 // bytes
	goroutines  int
	descriptors int
}

// watch sees what the gateway holds while the load goes on.
type watch struct {
	gateway *gateway
	before  holding
	stop    context.CancelFunc
	watched sync.WaitGroup
	peak    int64
	blind   error
}

// lookEvery is how often the gateway is looked at.
const lookEvery = 50 * time.Millisecond

// watch begins to look at the gateway.
func (r *run) watch(ctx context.Context) (*watch, error) {
	before, err := r.gateway.holding(ctx)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	w := &watch{gateway: r.gateway, before: before, stop: stop}
	w.watched.Go(func() {
		for ctx.Err() == nil {
			resident, err := w.gateway.resident()
			if err != nil {
				w.blind = err
				return
			}
			w.peak = max(w.peak, resident)
			select {
			case <-time.After(lookEvery):
			case <-ctx.Done():
			}
		}
	})
	return w, nil
}

// Everything that a call took is given back soon after it. What stays may be a few connections more, with what serves them; a call's own
// would be as many as there were calls.
const (
	giveBackWithin = 10 * time.Second
	slack          = 150
)

// end looks for the last time, when what calls took should have been given back.
func (w *watch) end(ctx context.Context, record *Record) {
	w.stop()
	w.watched.Wait()
	record.Before, record.Peak = w.before.resident, w.peak
	if w.blind != nil {
		record.Broken = append(record.Broken, fmt.Sprintf("the gateway could not be looked at: %v", w.blind))
		return
	}
	var after holding
	var err error
	for limit := time.Now().Add(giveBackWithin); time.Now().Before(limit); {
		if after, err = w.gateway.holding(ctx); err == nil && after.goroutines <= w.before.goroutines+slack && after.descriptors <= w.before.descriptors+slack {
			return
		}
		<-time.After(lookEvery)
	}
	record.Broken = append(record.Broken, fmt.Sprintf("the gateway had %d goroutines and %d descriptors before the load, and has %d and %d after it (%v)",
		w.before.goroutines, w.before.descriptors, after.goroutines, after.descriptors, err))
}

// holding is what the gateway has now.
func (g *gateway) holding(ctx context.Context) (holding, error) {
	var h holding
	var err error
	if h.resident, err = g.resident(); err != nil {
		return h, err
	}
	descriptors, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", g.pid()))
	if err != nil {
		return h, err
	}
	h.descriptors = len(descriptors)
	text, err := g.ask(ctx, "/metrics")
	if err != nil {
		return h, err
	}
	n, err := after(text, "\ngo_goroutines ")
	h.goroutines = int(n)
	return h, err
}

// resident is how many bytes of memory the gateway has.
func (g *gateway) resident() (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", g.pid()))
	if err != nil {
		return 0, err
	}
	kib, err := after(text, "\nVmRSS:")
	return kib << 10, err
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

// after is the number that follows a key.
func after(text []byte, key string) (int64, error) {
	_, rest, found := bytes.Cut(text, []byte(key))
	if !found {
		return 0, fmt.Errorf("there is no %q", strings.TrimSpace(key))
	}
	words := bufio.NewScanner(bytes.NewReader(rest))
	words.Split(bufio.ScanWords)
	words.Scan()
	return strconv.ParseInt(words.Text(), 10, 64)
}
