package fleet

import (
	"context"
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/clients/admission"
	"github.com/manifold-serving/manifold/clients/balance"
	"github.com/manifold-serving/manifold/clients/dispatch"
	"github.com/manifold-serving/manifold/infer"
)

// room is a fleet that takes one call at a time.
func room(t *testing.T) *Fleet[*host] {
	t.Helper()
	return (&world{}).open(t, Policies{Concurrency: &admission.Options{Mode: admission.Fixed, Limit: 1, Queue: -1}}, "a:1", "b:1")
}

func TestCallThatGoesOnStaysAdmitted(t *testing.T) {
	t.Parallel()
	f := room(t)
	_, end, err := Begin(t.Context(), f, balance.Call{Model: "m"}, answered)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := call(t.Context(), f, "m"); infer.CodeOf(err) != codes.Unavailable {
		t.Error("a second call is admitted beside it:", err)
	}
	if _, err := Ask(t.Context(), f, balance.Call{Model: "m"}, answered); err != nil {
		t.Error("questions are not admitted, but asked:", err)
	}
	end()
	for range 2 {
		if _, err := call(t.Context(), f, "m"); err != nil {
			t.Error("nothing is in flight:", err)
		}
	}
}

func TestCallThatFailsOrPanicsMakesRoom(t *testing.T) {
	t.Parallel()
	f := room(t)
	run := func(end func() *dispatch.Fault) dispatch.Attempt[*host, string] {
		return dispatch.Attempt[*host, string]{
			Run: func(_ context.Context, cancel context.CancelFunc, lease *balance.Lease[*host]) (string, *dispatch.Fault) {
				defer cancel()
				defer lease.Done(balance.Answered)
				return "", end()
			},
			Drop: func(string) {},
		}
	}
	fails := run(func() *dispatch.Fault { return &dispatch.Fault{Err: errRefused, Final: true} })
	panics := run(func() *dispatch.Fault { panic("at the bottom") })
	attempts := map[string]func(){
		"Do fails":       func() { Do(t.Context(), f, balance.Call{Model: "m"}, fails) },
		"Begin fails":    func() { Begin(t.Context(), f, balance.Call{Model: "m"}, fails) },
		"Do that panics": func() { Do(t.Context(), f, balance.Call{Model: "m"}, panics) },
		"Begin panics":   func() { Begin(t.Context(), f, balance.Call{Model: "m"}, panics) },
	}
	for name, attempt := range attempts {
		func() {
			defer func() { _ = recover() }()
			attempt()
		}()
		if _, err := call(t.Context(), f, "m"); err != nil {
			t.Errorf("after %s: %v", name, err)
		}
	}
}
