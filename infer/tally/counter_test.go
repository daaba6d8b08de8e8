package tally_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/testing/protocmp"
	"pgregory.net/rapid"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/tally"
)

var errAny = errors.New("it failed")

func statistics(t *testing.T, text string) *inferencepb.ModelStatistics {
	t.Helper()
	s := &inferencepb.ModelStatistics{}
	if err := prototext.Unmarshal([]byte(text), s); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestC01StatisticsAreComplete: perf_analyzer wants every count, also of what nobody measures, before the first request.
func TestC01StatisticsAreComplete(t *testing.T) {
	t.Parallel()
	var c tally.Counter
	want := statistics(t, `name: "m" version: "3" inference_stats {
		success {} fail {} queue {} compute_input {} compute_infer {} compute_output {} cache_hit {} cache_miss {} }`)
	if diff := cmp.Diff(want, c.Statistics("m", "3"), protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
}

// TestInferencesAreRows: inference_count is the sum of the batches, execution_count the requests. Source: Triton, statistics extension.
func TestInferencesAreRows(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var c tally.Counter
		c.Succeeded(tally.Times{Queue: 1, Input: 2, Compute: 3, Output: 4, Batch: 8})
		c.Succeeded(tally.Times{Queue: 10, Input: 20, Compute: 30, Output: 40, Batch: 2})
		c.Succeeded(tally.Times{Compute: 100, Batch: 8})
		c.Succeeded(tally.Times{Compute: 1000}) // a model without batches
		c.Failed(7)
		want := statistics(t, `name: "m" version: "1" inference_count: 19 execution_count: 4
			inference_stats {
				success { count: 4 ns: 1210 } fail { count: 1 ns: 7 } queue { count: 4 ns: 11 }
				compute_input { count: 4 ns: 22 } compute_infer { count: 4 ns: 1133 } compute_output { count: 4 ns: 44 }
				cache_hit {} cache_miss {}
			}
			batch_stats { batch_size: 2 compute_input { count: 1 ns: 20 } compute_infer { count: 1 ns: 30 } compute_output { count: 1 ns: 40 } }
			batch_stats { batch_size: 8 compute_input { count: 2 ns: 2 } compute_infer { count: 2 ns: 103 } compute_output { count: 2 ns: 4 } }
		`)
		want.LastInference = uint64(time.Now().UnixMilli())
		if diff := cmp.Diff(want, c.Statistics("m", "1"), protocmp.Transform()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestInferIsTimed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var c tally.Counter
		answer := infer.NewResponse(infer.Head{}, nil)
		defer answer.Free()
		resp, err := c.Infer(t.Context(), infer.HandlerFunc(func(ctx context.Context, _ *infer.Request) (*infer.Response, error) {
			return answer, after(ctx, 5*time.Millisecond)
		}), nil)
		if resp != answer || err != nil {
			t.Errorf("got %v, %v", resp, err)
		}
		_, err = c.Infer(t.Context(), infer.HandlerFunc(func(ctx context.Context, _ *infer.Request) (*infer.Response, error) {
			return nil, errors.Join(errAny, after(ctx, 3*time.Millisecond))
		}), nil)
		if !errors.Is(err, errAny) {
			t.Errorf("got %v", err)
		}
		s := c.Statistics("m", "1").GetInferenceStats()
		if s.GetSuccess().GetNs() != 5e6 || s.GetComputeInfer().GetNs() != 5e6 || s.GetFail().GetNs() != 3e6 {
			t.Errorf("got %v", s)
		}
	})
}

// after waits in the bubble's time.
func after(ctx context.Context, d time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	<-ctx.Done()
	return nil
}

// TestCountsAddUp: whatever is counted, and from however many goroutines, nothing is lost, and every success is in every part.
func TestCountsAddUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		type request struct {
			times  tally.Times
			failed bool
		}
		requests := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) request {
			part := func(name string) time.Duration { return time.Duration(rapid.Int64Range(0, 1e9).Draw(t, name)) }
			return request{
				tally.Times{Queue: part("queue"), Input: part("input"), Compute: part("compute"), Output: part("output"), Batch: rapid.IntRange(0, 600).Draw(t, "batch")},
				rapid.Bool().Draw(t, "failed"),
			}
		}), 0, 50).Draw(t, "requests")
		var c tally.Counter
		done := make(chan struct{}, len(requests))
		var rows, succeeded, total uint64
		for _, r := range requests {
			if !r.failed {
				rows += uint64(max(r.times.Batch, 1))
				total += uint64(r.times.Queue + r.times.Input + r.times.Compute + r.times.Output)
				succeeded++
			}
			go func() {
				defer func() { done <- struct{}{} }()
				if r.failed {
					c.Failed(r.times.Compute)
					return
				}
				c.Succeeded(r.times)
			}()
		}
		for range requests {
			<-done
		}
		s := c.Statistics("m", "1")
		i := s.GetInferenceStats()
		if s.GetInferenceCount() != rows || s.GetExecutionCount() != succeeded || i.GetFail().GetCount() != uint64(len(requests))-succeeded {
			t.Errorf("of %d requests, %d of them fine: %v", len(requests), succeeded, s)
		}
		parts := []*inferencepb.StatisticDuration{i.GetQueue(), i.GetComputeInput(), i.GetComputeInfer(), i.GetComputeOutput()}
		var sum uint64
		for _, p := range parts {
			sum += p.GetNs()
			if p.GetCount() != succeeded {
				t.Errorf("%d of %d requests are in a part", p.GetCount(), succeeded)
			}
		}
		if sum != total || i.GetSuccess().GetNs() != total {
			t.Errorf("the parts are %d ns, the whole %d, want %d", sum, i.GetSuccess().GetNs(), total)
		}
	})
}

// TestSizesOfBatchesAreBounded: a hostile variety of sizes costs no more memory.
func TestSizesOfBatchesAreBounded(t *testing.T) {
	t.Parallel()
	var c tally.Counter
	for size := range 5000 {
		c.Succeeded(tally.Times{Batch: size})
	}
	s := c.Statistics("m", "1")
	if n := len(s.GetBatchStats()); n != 256 || s.GetExecutionCount() != 5000 {
		t.Errorf("%d sizes of %d executions", n, s.GetExecutionCount())
	}
}
