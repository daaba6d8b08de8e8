package dispatch_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/manifold-serving/manifold/clients/balance"
	"github.com/manifold-serving/manifold/clients/dispatch"
)

func TestWhatFailedIsMadeAgainOrNot(t *testing.T) {
	t.Parallel()
	ok := answers("ok", 0)
	for _, test := range []struct {
		name  string
		call  balance.Call
		does  []behaviour
		path  string
		err   error
		least time.Duration
		most  time.Duration
	}{
		{name: "an answer is an answer", call: repeatable(), does: []behaviour{ok, ok}, path: "[a]"},
		{name: "what was never sent goes elsewhere at once", call: repeatable(), does: []behaviour{fails(unsent()), ok}, path: "[a b]"},
		{name: "even what may not be repeated", does: []behaviour{fails(unsent()), ok}, path: "[a b]"},
		{
			name: "three attempts at most", call: repeatable(), path: "[a b c]", err: errUnsent,
			does: []behaviour{fails(unsent()), fails(unsent()), fails(unsent()), ok},
		},
		{
			name: "none when there is nowhere else", call: repeatable(), path: "[a b]", err: errUnsent,
			does: []behaviour{fails(unsent()), fails(unsent())},
		},
		{
			name: "what broke off goes elsewhere after a moment", call: repeatable(), path: "[a b]", most: 10 * time.Millisecond,
			does: []behaviour{fails(broken()), ok},
		},
		{
			name: "once", call: repeatable(), path: "[a b]", most: 10 * time.Millisecond, err: errBroken,
			does: []behaviour{fails(broken()), fails(broken()), ok},
		},
		{name: "not when it may not be repeated", path: "[a]", err: errBroken, does: []behaviour{fails(broken()), ok}},
		{
			name: "never sent, then broke off, then answered", call: repeatable(), path: "[a b c]", most: 10 * time.Millisecond,
			does: []behaviour{fails(unsent()), fails(broken()), ok},
		},
		{
			name: "broke off, then never sent: both tell, the first more", call: repeatable(), path: "[a b c]", err: errBroken, most: 10 * time.Millisecond,
			does: []behaviour{fails(broken()), fails(unsent()), fails(unsent())},
		},
		{name: "what the model says is final", call: repeatable(), path: "[a]", err: errWrong, does: []behaviour{fails(final()), ok}},
		{
			name: "other failures are not repeated", call: repeatable(), path: "[a]", err: errWrong,
			does: []behaviour{fails(dispatch.Fault{Err: errWrong}), ok},
		},
		{name: "pushback no", call: repeatable(), path: "[a]", err: errBroken, does: []behaviour{fails(pushed(broken(), -1)), ok}},
		{
			name: "pushback later", call: repeatable(), path: "[a b]", least: 700 * time.Millisecond, most: 700 * time.Millisecond,
			does: []behaviour{fails(pushed(broken(), 700*time.Millisecond)), ok},
		},
		{name: "pushback at once", call: repeatable(), path: "[a b]", does: []behaviour{fails(pushed(broken(), 0)), ok}},
		{
			name: "pushback of what was never sent", path: "[a b]", least: 30 * time.Millisecond, most: 30 * time.Millisecond,
			does: []behaviour{fails(pushed(unsent(), 30*time.Millisecond)), ok},
		},
		{
			name: "pushback beyond the deadline", call: repeatable(), path: "[a]", err: errBroken,
			does: []behaviour{fails(pushed(broken(), time.Second)), ok},
		},
		{
			name: "the only endpoint once more", call: repeatable(), path: "[a a]", most: 10 * time.Millisecond,
			does: []behaviour{first(1, fails(broken()), ok)},
		},
		{
			name: "the only endpoint, never sent", path: "[a a]", most: 10 * time.Millisecond,
			does: []behaviour{first(1, fails(unsent()), ok)},
		},
		{
			name: "the only endpoint only once more", call: repeatable(), path: "[a a]", most: 10 * time.Millisecond, err: errUnsent,
			does: []behaviour{fails(unsent())},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := build(t, dispatch.Options{}, test.does...)
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				start := time.Now()
				answer, err := w.do(ctx, test.call)
				took := time.Since(start)
				if !errors.Is(err, test.err) || err == nil && answer != "ok" {
					t.Errorf("%q, %v; want the error %v", answer, err, test.err)
				}
				if w.path() != test.path {
					t.Errorf("attempts at %s, want %s", w.path(), test.path)
				}
				if took < test.least || took > test.most {
					t.Errorf("took %s, want %s to %s", took, test.least, test.most)
				}
				w.settled(t)
			})
		})
	}
}
