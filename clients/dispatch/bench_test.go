package dispatch_test

import (
	"context"
	"testing"
	"time"

	"github.com/manifold-serving/manifold/clients/balance"
	"github.com/manifold-serving/manifold/clients/dispatch"
)

// BenchmarkDo is a call whose attempt does nothing, made by itself and through Do. Both take a lease and a context with a cancel, which
// an attempt needs anyway.
func BenchmarkDo(b *testing.B) {
	run := func(_ context.Context, cancel context.CancelFunc, lease *balance.Lease[*link]) (string, *dispatch.Fault) {
		cancel()
		lease.Done(balance.Answered)
		return "", nil
	}
	attempt := dispatch.Attempt[*link, string]{Run: run, Drop: func(string) {}}
	set := balance.NewSet[*link](balance.Options{}, balance.Hooks[*link]{})
	defer set.Close()
	for _, name := range []string{"a", "b", "c"} {
		set.Add(name, &link{})
	}
	ctx, cancel := context.WithTimeout(b.Context(), time.Hour)
	defer cancel()
	b.Run("direct", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			lease, err := set.Take(repeatable())
			if err != nil {
				b.Fatal(err)
			}
			attempt, cancel := context.WithCancel(ctx)
			_, _ = run(attempt, cancel, lease)
		}
	})
	for name, o := range map[string]dispatch.Options{"default": {}, "off": {Retries: &dispatch.Retries{Disabled: true}}, "hedged": {Hedging: &dispatch.Hedging{}}} {
		b.Run(name, func(b *testing.B) {
			d := dispatch.New(set, o, nil)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := dispatch.Do(ctx, d, repeatable(), attempt); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
