package fleet

import (
	"context"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/manifold-serving/manifold/clients/balance"
)

// asks counts the questions after a model that were asked since.
func asks(h *host, model string) (n int) {
	for _, asked := range h.questions() {
		if asked == model {
			n++
		}
	}
	return n
}

func TestEveryEndpointIsAskedAfterEveryModelInUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{}
		f := w.open(t, Policies{}, "a:1", "b:1")
		calling(t, f, "m", "n")
		time.Sleep(100 * time.Second)
		for _, address := range []string{"a:1", "b:1"} {
			asked := w.host(address).questions()
			for _, model := range []string{"m", "n"} {
				n := len(slices.DeleteFunc(slices.Clone(asked), func(other string) bool { return other != model }))
				if n < 16 || n > 26 { // every 5 s, give or take a fifth
					t.Errorf("%s was asked after %s %d times in 100 s", address, model, n)
				}
			}
		}
	})
}

func TestEndpointsAreNotAllAskedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{}
		f := w.open(t, Policies{}, "a:1", "b:1", "c:1", "d:1", "e:1")
		if _, err := call(t.Context(), f, "m"); err != nil {
			t.Fatal(err)
		}
		for second, address := range []string{"a:1", "b:1", "c:1", "d:1", "e:1"} {
			time.Sleep(time.Second - 1)
			synctest.Wait()
			n := asks(w.host(address), "m")
			if n != 1 {
				t.Errorf("%s was asked %d times by second %d", address, n, second+1)
			}
			for _, later := range []string{"b:1", "c:1", "d:1", "e:1"}[min(second, 4):] {
				if n := asks(w.host(later), "m"); n != 0 {
					t.Errorf("%s was asked already in second %d", later, second)
				}
			}
			time.Sleep(1 * time.Nanosecond)
		}
	})
}

func TestModelsThatAreNotCalledAnyMoreAreNotAskedAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{}
		f := w.open(t, Policies{}, "a:1", "b:1")
		call(t.Context(), f, "old")
		calling(t, f, "m")
		time.Sleep(2 * time.Minute)
		w.host("a:1").questions()
		time.Sleep(time.Minute)
		if asked := w.host("a:1").questions(); slices.Contains(asked, "old") || !slices.Contains(asked, "m") {
			t.Error(asked)
		}
	})
}

// What runs when the bubble ends fails the test.
func TestHealthEndsWhenNobodyCallsAndBeginsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{}
		f, err := Open("vision", []string{"a:1", "b:1"}, Policies{}, w, nil)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			call(t.Context(), f, "m")
			time.Sleep(2 * time.Minute)
			if n := asks(w.host("a:1"), "m"); n < 9 || n > 17 {
				t.Error("asked in the minute after the call:", n)
			}
		}
	})
}

func TestOnlyEndpointIsNotAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{}
		target, _ := replicas(t, "b:1\n")
		for _, targets := range [][]string{{"a:1"}, {target}} {
			f := w.open(t, Policies{}, targets...)
			calling(t, f, "m")
		}
		time.Sleep(time.Minute)
		if asked := append(w.host("a:1").questions(), w.host("b:1").questions()...); len(asked) > 0 {
			t.Error(asked)
		}
	})
}

func TestDisabledHealthAsksNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{}
		calling(t, w.open(t, Policies{Health: &Health{Disabled: true}}, "a:1", "b:1"), "m")
		time.Sleep(time.Minute)
		if asked := w.host("a:1").questions(); len(asked) > 0 {
			t.Error(asked)
		}
	})
}

func TestEndpointWithoutAConnectionIsNotAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{}
		w.host("b:1").standing = balance.Unreachable
		calling(t, w.open(t, Policies{}, "a:1", "b:1"), "m")
		time.Sleep(time.Minute)
		if asked := w.host("b:1").questions(); len(asked) > 0 {
			t.Error(asked)
		}
	})
}

func TestManyModelsAreBoundedToThoseOfLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &recent{}
		for i := range 10 * maxModels {
			r.note("x" + strconv.Itoa(i)) // those that are called all the time stay
		}
		if all, _ := r.models(); len(all) != maxModels || !slices.Contains(all, "x0") {
			t.Error(len(all))
		}
		time.Sleep(time.Second)
		r.note("x1")
		r.note("y")
		all, _ := r.models()
		if len(all) != maxModels || !slices.Contains(all, "y") || !slices.Contains(all, "x1") {
			t.Error(all)
		}
		time.Sleep(memory + 1)
		if all, idle := r.models(); len(all) > 0 || !idle {
			t.Error(all)
		}
	})
}

func TestFewQuestionsAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{}
		inflight, most := 0, 0
		b := w.host("a:1")
		b.ready = func(ctx context.Context, _ string) (bool, error) {
			b.set(func() { inflight++; most = max(most, inflight) })
			defer b.set(func() { inflight-- })
			return false, silence(ctx)
		}
		f := w.open(t, Policies{}, "a:1", "b:1")
		models := make([]string, 40)
		for i := range models {
			models[i] = strconv.Itoa(i)
		}
		calling(t, f, models...)
		time.Sleep(time.Minute)
		b.set(func() {
			if most != maxQuestions {
				t.Error(most)
			}
		})
	})
}

// Over HTTP nobody looks who has come back to an address before calls go there.
func TestU9EndpointThatIsBackIsAskedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{}
		f := w.open(t, Policies{}, "a:1", "b:1")
		calling(t, f, "m")
		time.Sleep(20 * time.Second)
		b := w.host("b:1")
		b.set(func() { b.standing = balance.Unreachable })
		where(t, f, "m")
		b.questions()
		b.set(func() {
			b.standing = balance.Usable
			b.ready = func(context.Context, string) (bool, error) { return false, nil }
		})
		where(t, f, "m")
		time.Sleep(10 * time.Millisecond)
		if at := where(t, f, "m"); len(at) != 1 || at[0] != "a:1" {
			t.Errorf("called %v, and it was asked %d times", at, asks(b, "m"))
		}
	})
}
