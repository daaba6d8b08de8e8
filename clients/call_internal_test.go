package clients

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestCallThatIsRefusedUnseenWaitsAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, c := begin(t.Context(), &conn{}, time.Second)
		defer c.end()
		c.sent(nil, 1)
		time.Sleep(time.Hour)
		synctest.Wait()
		if ctx.Err() != nil {
			t.Fatal("a call on its way was abandoned")
		}
		c.unsent()
		start := time.Now()
		<-ctx.Done()
		if waited := time.Since(start); waited != time.Second || c.phase.Load() != abandoned {
			t.Errorf("ended after %s in phase %d", waited, c.phase.Load())
		}
	})
}

func TestCallWithoutPatienceIsNotAbandoned(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, c := begin(t.Context(), &conn{}, 0)
		c.sent(nil, 1)
		c.unsent()
		time.Sleep(time.Hour)
		if ctx.Err() != nil {
			t.Error(context.Cause(ctx))
		}
		c.end()
	})
}
