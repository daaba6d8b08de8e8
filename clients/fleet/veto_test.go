package fleet

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/infer"
)

func TestWhatAnswersMean(t *testing.T) {
	unavailable := &infer.Error{Code: codes.Unavailable, Reason: "gone"}
	tests := []struct {
		name    string
		answers []any // bool, or an error; the last one stays
		after   time.Duration
		want    bool // the endpoint is left out
		never   bool // it was at no time
	}{
		{"ready", []any{true}, 20 * time.Second, false, true},
		{"not ready, at once", []any{false}, 6 * time.Second, true, false},
		{"no such model", []any{infer.Errorf(codes.NotFound, "no such model")}, 6 * time.Second, true, false},
		{"cannot tell", []any{infer.Errorf(codes.Unimplemented, "what?")}, time.Minute, false, true},
		{"two errors are not enough", []any{unavailable, unavailable, true}, time.Minute, false, true},
		{"not in a row", []any{unavailable, unavailable, true, unavailable, unavailable, true}, time.Minute, false, true},
		{"three errors", []any{unavailable}, 20 * time.Second, true, false},
		{"a good answer lifts it", []any{false, false, true}, 20 * time.Second, false, false},
		{"one that cannot tell lifts it", []any{false, false, infer.Errorf(codes.Unimplemented, "what?")}, 20 * time.Second, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &world{}
				b := w.host("b:1")
				b.ready = func(_ context.Context, model string) (bool, error) {
					if model == "other" {
						return true, nil
					}
					answer := tt.answers[0]
					if len(tt.answers) > 1 {
						tt.answers = tt.answers[1:]
					}
					if err, ok := answer.(error); ok {
						return false, err
					}
					return answer.(bool), nil
				}
				f := w.open(t, Policies{}, "a:1", "b:1")
				calling(t, f, "m", "other")
				time.Sleep(tt.after)
				synctest.Wait()
				want := []string{"a:1", "b:1"}
				if diff := cmp.Diff(want, where(t, f, "other")); diff != "" {
					t.Error("another model:", diff)
				}
				if tt.want {
					want = want[:1]
				}
				if diff := cmp.Diff(want, where(t, f, "m")); diff != "" {
					t.Error(diff)
				}
				if lines := w.logged("kept away"); len(lines) > 1 || len(lines) > 0 == tt.never {
					t.Error("one line a change:", lines)
				}
			})
		})
	}
}

func TestVetoesOfAllLeaveNobodyWithoutAnEndpoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{}
		for _, address := range []string{"a:1", "b:1"} {
			w.host(address).ready = func(context.Context, string) (bool, error) { return false, nil }
		}
		f := w.open(t, Policies{}, "a:1", "b:1")
		calling(t, f, "m")
		time.Sleep(10 * time.Second)
		if diff := cmp.Diff([]string{"a:1", "b:1"}, where(t, f, "m")); diff != "" {
			t.Error(diff)
		}
	})
}

func TestVetoesEndWithTheQuestions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{}
		w.host("b:1").ready = func(context.Context, string) (bool, error) { return false, nil }
		f := w.open(t, Policies{}, "a:1", "b:1")
		call(t.Context(), f, "m")
		time.Sleep(10 * time.Second)
		if diff := cmp.Diff([]string{"a:1"}, where(t, f, "m")); diff != "" {
			t.Error(diff)
		}
		time.Sleep(2 * time.Minute) // nobody calls, nobody asks: what was known is old
		if diff := cmp.Diff([]string{"a:1", "b:1"}, where(t, f, "m")); diff != "" {
			t.Error(diff)
		}
	})
}

func TestVetoesOfModelsThatAreNotCalledAnyMoreEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{}
		w.host("b:1").ready = func(_ context.Context, model string) (bool, error) { return model != "old", nil }
		f := w.open(t, Policies{}, "a:1", "b:1")
		calling(t, f, "m")
		call(t.Context(), f, "old")
		time.Sleep(10 * time.Second)
		vetoes := func() int {
			synctest.Wait()
			f.health.mu.Lock()
			defer f.health.mu.Unlock()
			return len(f.health.vetoes[f.set.Endpoints()[1]])
		}
		if got := vetoes(); got != 1 {
			t.Error(got)
		}
		time.Sleep(2 * time.Minute)
		if got := vetoes(); got != 0 {
			t.Error(got)
		}
	})
}
