package fleet

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/clients/balance"
	"github.com/manifold-serving/manifold/clients/dispatch"
	"github.com/manifold-serving/manifold/infer"
)

// world is a transport without a network: what every address does is the test's to say.
type world struct {
	mu     sync.Mutex
	hosts  map[string]*host
	opened []string // address, or address=authority
	log    strings.Builder
}

// host is an address, and a link to it.
type host struct {
	mu       sync.Mutex
	live     func(context.Context) error
	ready    func(ctx context.Context, model string) (bool, error)
	standing balance.Standing
	lives    int
	asked    []string // after models
	resets   int
	closed   bool
}

func (w *world) host(address string) *host {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.hosts == nil {
		w.hosts = map[string]*host{}
	}
	h := w.hosts[address]
	if h == nil {
		h = &host{
			live:  func(context.Context) error { return nil },
			ready: func(context.Context, string) (bool, error) { return true, nil },
		}
		w.hosts[address] = h
	}
	return h
}

func (w *world) Open(address, authority string) (*host, error) {
	if strings.HasPrefix(address, "bad") {
		return nil, errors.New(address + " is no address")
	}
	h := w.host(address)
	w.mu.Lock()
	defer w.mu.Unlock()
	if authority != "" {
		address += "=" + authority
	}
	w.opened = append(w.opened, address)
	return h, nil
}

func (w *world) Live(ctx context.Context, h *host) error {
	h.mu.Lock()
	h.lives++
	live := h.live
	h.mu.Unlock()
	return live(ctx)
}

func (w *world) Ready(ctx context.Context, h *host, model string) (bool, error) {
	h.mu.Lock()
	h.asked = append(h.asked, model)
	ready := h.ready
	h.mu.Unlock()
	return ready(ctx, model)
}

func (h *host) Standing() balance.Standing {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.standing
}

func (h *host) Close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	return nil
}

func (h *host) Reset() { h.set(func() { h.resets++ }) }

func (h *host) set(change func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	change()
}

// alive is how often it was asked whether it is.
func (h *host) alive() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.lives
}

func (h *host) reconnected() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.resets
}

func (h *host) isClosed() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.closed
}

func (h *host) questions() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	asked := h.asked
	h.asked = nil
	return asked
}

var errRefused = &infer.Error{Code: codes.Unavailable, Reason: "connection refused"}

// silence is an answer that does not come.
func silence(ctx context.Context) error {
	<-ctx.Done()
	return &infer.Error{Code: codes.DeadlineExceeded, Reason: "it did not answer"}
}

func (w *world) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log.Write(p)
}

// logged are the lines of the log that have the text.
func (w *world) logged(text string) (lines []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for line := range strings.Lines(w.log.String()) {
		if strings.Contains(line, text) {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

func (w *world) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
}

func (w *world) open(t *testing.T, p Policies, targets ...string) *Fleet[*host] {
	t.Helper()
	f, err := Open("vision", targets, p, w, w.logger())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// call makes a call that is answered at once, and returns where.
func call(ctx context.Context, f *Fleet[*host], model string) (string, error) {
	return Do(ctx, f, balance.Call{Model: model}, answered)
}

var answered = dispatch.Attempt[*host, string]{
	Run: func(_ context.Context, cancel context.CancelFunc, lease *balance.Lease[*host]) (string, *dispatch.Fault) {
		cancel()
		lease.Done(balance.Answered)
		return lease.Endpoint.Address, nil
	},
	Drop: func(string) {},
}

// where calls many times, and returns which endpoints had a call.
func where(t *testing.T, f *Fleet[*host], model string) []string {
	t.Helper()
	var all []string
	for range 200 {
		at, err := call(t.Context(), f, model)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, at)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func addresses(f *Fleet[*host]) (all []string) {
	for _, e := range f.set.Endpoints() {
		all = append(all, e.Address)
	}
	return all
}

// calling makes a call a second until the test ends.
func calling(t *testing.T, f *Fleet[*host], models ...string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		for ctx.Err() == nil {
			for _, model := range models {
				call(ctx, f, model)
			}
			wait(ctx, time.Second, nil)
		}
	})
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
}
