package admission

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestCallThatIsIgnoredTeachesNothing(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]struct {
		call func(Permit)
		want time.Duration
	}{
		"ignored":                 {Permit.Ignore, 0},
		"ended with its deadline": {func(p Permit) { p.Release(false) }, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				l := New("vision", Options{Mode: Fixed, Limit: 1})
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				permit, err := l.Admit(ctx)
				if err != nil {
					t.Fatal(err)
				}
				<-ctx.Done()
				end.call(permit)
				if l.typical != end.want || l.inflight != 0 {
					t.Errorf("a call takes %s, and %d are in flight", l.typical, l.inflight)
				}
			})
		})
	}
}
