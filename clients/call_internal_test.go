package clients

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// idle is a connection that nobody has dialled.
func idle(t *testing.T) *conn {
	t.Helper()
	client, err := grpc.NewClient("passthrough:///gone:1", grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	c := &conn{grpc: client}
	t.Cleanup(c.close)
	return c
}

func TestCallThatIsRefusedUnseenWaitsAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		c := &call{conn: idle(t), cancel: cancel}
		c.wait(time.Second)
		c.sent(1)
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
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		c := &call{conn: idle(t), cancel: cancel}
		c.wait(0)
		c.sent(1)
		c.unsent()
		time.Sleep(time.Hour)
		if ctx.Err() != nil {
			t.Error(context.Cause(ctx))
		}
	})
}
