package tally

import (
	"context"
	"sync"
	"time"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

// Times are the parts of one request's time. What nobody measured is 0; Compute is then the whole.
type Times struct {
	Queue   time.Duration // waiting to be computed
	Input   time.Duration // preparing inputs
	Compute time.Duration
	Output  time.Duration // preparing outputs
}

func (t Times) sum() time.Duration { return t.Queue + t.Input + t.Compute + t.Output }

// Counter counts the requests of one version of a model. Its zero value has counted nothing. It is safe for concurrent use.
type Counter struct {
	mu       sync.Mutex
	success  duration
	fail     duration
	queue    duration
	input    duration
	compute  duration
	output   duration
	last     time.Time
	finished uint64 // requests that succeeded, each an inference and an execution
}

// duration is a count of events and how long they took together.
type duration struct {
	count uint64
	total time.Duration
}

func (d *duration) add(t time.Duration) {
	d.count++
	d.total += max(t, 0)
}

func (d *duration) report() *inferencepb.StatisticDuration {
	return &inferencepb.StatisticDuration{Count: d.count, Ns: uint64(d.total)}
}

// Succeeded counts a request that was answered.
func (c *Counter) Succeeded(t Times) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.success.add(t.sum())
	c.queue.add(t.Queue)
	c.input.add(t.Input)
	c.compute.add(t.Compute)
	c.output.add(t.Output)
	c.finished++
	c.last = time.Now()
}

// Failed counts a request that was not, after the time it took.
func (c *Counter) Failed(t time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fail.add(t)
	c.last = time.Now()
}

// Done counts a request that began at start and ended now, with err or without.
func (c *Counter) Done(start time.Time, err error) {
	took := time.Since(start)
	if err != nil {
		c.Failed(took)
		return
	}
	c.Succeeded(Times{Compute: took})
}

// Infer asks h and counts the request.
func (c *Counter) Infer(ctx context.Context, h infer.Handler, req *infer.Request) (*infer.Response, error) {
	start := time.Now()
	resp, err := h.Infer(ctx, req)
	c.Done(start, err)
	return resp, err
}

// Statistics reports what was counted, every field of it. Source: Triton's statistics extension; times are in nanoseconds, the last
// inference in milliseconds since 1970, 0 for none.
func (c *Counter) Statistics(model, version string) *inferencepb.ModelStatistics {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := &inferencepb.ModelStatistics{
		Name:           model,
		Version:        version,
		InferenceCount: c.finished,
		ExecutionCount: c.finished,
		InferenceStats: &inferencepb.InferStatistics{
			Success: c.success.report(), Fail: c.fail.report(), Queue: c.queue.report(),
			ComputeInput: c.input.report(), ComputeInfer: c.compute.report(), ComputeOutput: c.output.report(),
			CacheHit: &inferencepb.StatisticDuration{}, CacheMiss: &inferencepb.StatisticDuration{},
		},
	}
	if !c.last.IsZero() {
		s.LastInference = uint64(c.last.UnixMilli())
	}
	return s
}
