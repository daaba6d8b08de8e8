package discovery

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// diary is a name whose looks are written down; the addresses stay the same.
type diary struct {
	name
	looks chan time.Time
}

func (d *diary) look(context.Context) ([]string, error) {
	d.looks <- time.Now()
	return []string{"10.0.0.1:1"}, nil
}

// Who replaces all servers at once leaves no address that works until the name is looked up again.
func TestU9NameIsLookedUpSoonWhenItsAddressesCannotBeReached(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		d, raised := &diary{looks: make(chan time.Time, 100)}, make(chan struct{}, 1)
		var lost atomic.Bool
		lost.Store(true)
		go watch(ctx, d, time.Minute, Alarm{Raised: raised, Lost: lost.Load}, func([]string, error) {})
		last := <-d.looks
		within := func(what string, least, most time.Duration) {
			t.Helper()
			at := <-d.looks
			if took := at.Sub(last); took < least || took > most {
				t.Errorf("%s: looked after %v, want %v to %v", what, took, least, most)
			}
			last = at
		}
		within("no alarm", 48*time.Second, 72*time.Second)
		raised <- struct{}{}
		within("an alarm at once after a look", firstRetry, firstRetry)
		within("all are lost", firstRetry*4/5, firstRetry*6/5)
		within("still", firstRetry*8/5, firstRetry*12/5)
		within("and still", lastRetry*4/5, lastRetry*6/5)
		lost.Store(false)
		within("one is there again before the next look", lastRetry*4/5, lastRetry*6/5)
		within("all is well", 48*time.Second, 72*time.Second)
		time.Sleep(10 * time.Second)
		raised <- struct{}{}
		within("an alarm later", 10*time.Second, 10*time.Second)
		within("others are there", 48*time.Second, 72*time.Second)
		cancel()
		synctest.Wait()
	})
}
