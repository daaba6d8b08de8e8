package server

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// A call ends with its status before grpc-go resets the stream at the client's deadline.
func TestPunctual(t *testing.T) {
	t.Parallel()
	for left, want := range map[time.Duration]time.Duration{
		time.Minute:            time.Minute - 20*time.Millisecond,
		100 * time.Millisecond: 95 * time.Millisecond, // not a fifth of it
		-time.Second:           -time.Second,
	} {
		synctest.Test(t, func(t *testing.T) {
			now := time.Now()
			ctx, cancel := context.WithDeadline(t.Context(), now.Add(left))
			defer cancel()
			ctx, end := punctual(ctx)
			defer end()
			if deadline, _ := ctx.Deadline(); deadline.Sub(now) != want {
				t.Errorf("%v: got %v, want %v", left, deadline.Sub(now), want)
			}
		})
	}
	ctx, end := punctual(t.Context())
	defer end()
	if _, has := ctx.Deadline(); has {
		t.Error("a call without a deadline got one")
	}
}
