package clients

import (
	"context"
	"net"
	"sync"
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

// TestAddressOfACallThatIsRetried: a stream's goroutine sends it again, while whoever waits for it leaves and says where it was.
func TestAddressOfACallThatIsRetried(t *testing.T) {
	t.Parallel()
	_, c := begin(t.Context(), &conn{replica: &replica{target: target{dns: true, text: "dns:///vision"}}}, 0)
	defer c.end()
	var retry sync.WaitGroup
	retry.Go(func() { c.sent(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1}, 1) })
	if got := c.address(); got != "dns:///vision" && got != "127.0.0.1:1" {
		t.Error(got)
	}
	retry.Wait()
	if got := c.address(); got != "127.0.0.1:1" {
		t.Error(got)
	}
}
