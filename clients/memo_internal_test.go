package clients

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// counter answers with how often it was asked.
type counter struct {
	asked      int
	generation uint64
	fail       error
	slow       time.Duration
}

func (c *counter) source() source[int] {
	return source[int]{
		ask: func(ctx context.Context) (int, trip, error) {
			c.asked++
			select {
			case <-time.After(c.slow):
			case <-ctx.Done():
				return 0, trip{}, ctx.Err()
			}
			return c.asked, trip{generation: c.generation}, c.fail
		},
		life:       func(int) time.Duration { return time.Minute },
		generation: func() uint64 { return c.generation },
	}
}

func TestMemoRemembers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var m memo[int]
		var c counter
		steps := []struct {
			name   string
			change func()
			want   int
		}{
			{"first", func() {}, 1},
			{"again", func() {}, 1},
			{"young enough", func() { time.Sleep(time.Minute - time.Nanosecond) }, 1},
			{"too old", func() { time.Sleep(time.Nanosecond) }, 2},
			{"a connection changed", func() { c.generation++ }, 3},
			{"and not since", func() {}, 3},
		}
		for _, step := range steps {
			step.change()
			if got, err := m.get(t.Context(), "m", c.source()); got != step.want || err != nil {
				t.Errorf("%s: %d, %v; want %d", step.name, got, err, step.want)
			}
		}
	})
}

func TestMemoForgetsErrors(t *testing.T) {
	t.Parallel()
	var m memo[int]
	c := counter{fail: errors.New("down")}
	if _, err := m.get(t.Context(), "m", c.source()); !errors.Is(err, c.fail) {
		t.Errorf("error %v", err)
	}
	c.fail = nil
	if got, err := m.get(t.Context(), "m", c.source()); got != 2 || err != nil {
		t.Errorf("%d, %v; want the second answer", got, err)
	}
}

func TestMemoAsksOnceForMany(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var m memo[int]
		c := counter{slow: time.Second}
		impatient, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		var all sync.WaitGroup
		for i := range 50 {
			all.Go(func() {
				ctx := t.Context()
				if i%2 == 0 {
					ctx = impatient
				}
				got, err := m.get(ctx, "m", c.source())
				if ctx == impatient && !errors.Is(err, context.DeadlineExceeded) || ctx != impatient && err != nil {
					t.Errorf("caller %d: %d, %v", i, got, err)
				}
			})
		}
		all.Wait()
		if c.asked > 2 { // twice when one of the impatient asked first
			t.Errorf("asked %d times", c.asked)
		}
	})
}

func TestMemoIsBounded(t *testing.T) {
	t.Parallel()
	var m memo[int]
	var c counter
	for i := range maxMemo + 100 {
		if _, err := m.get(t.Context(), strconv.Itoa(i), c.source()); err != nil {
			t.Fatal(err)
		}
	}
	if len(m.entries) != maxMemo {
		t.Errorf("%d entries, want %d", len(m.entries), maxMemo)
	}
}
