package tally

import (
	"context"
	"maps"
	"slices"
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
	Batch   int           // how many rows were computed; 0: the model has no batches, or nobody knows
}

func (t Times) sum() time.Duration { return t.Queue + t.Input + t.Compute + t.Output }

// Counter counts the requests of one version of a model. Its zero value has counted nothing. It is safe for concurrent use.
type Counter struct {
	mu      sync.Mutex
	success duration
	fail    duration
	queue   duration
	input   duration
	compute duration
	output  duration
	last    time.Time
	rows    uint64 // of the requests that succeeded, each an execution
	batches map[int]*batch
}

// maxBatches is how many sizes of batches are told apart; a model has as many as its max_batch_size at most.
const maxBatches = 256

// batch is what executions of one size took.
type batch struct{ input, compute, output duration }

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
	c.rows += uint64(max(t.Batch, 1))
	c.last = time.Now()
	if t.Batch > 0 {
		c.countBatch(t)
	}
}

func (c *Counter) countBatch(t Times) {
	b := c.batches[t.Batch]
	if b == nil {
		if len(c.batches) == maxBatches {
			return
		}
		if c.batches == nil {
			c.batches = map[int]*batch{}
		}
		b = &batch{}
		c.batches[t.Batch] = b
	}
	b.input.add(t.Input)
	b.compute.add(t.Compute)
	b.output.add(t.Output)
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

// Statistics reports what was counted: inferences are rows, executions requests. Source: Triton's statistics extension; times are in nanoseconds, the last
// inference in milliseconds since 1970, 0 for none.
func (c *Counter) Statistics(model, version string) *inferencepb.ModelStatistics {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := &inferencepb.ModelStatistics{
		Name:           model,
		Version:        version,
		InferenceCount: c.rows,
		ExecutionCount: c.success.count,
		InferenceStats: &inferencepb.InferStatistics{
			Success: c.success.report(), Fail: c.fail.report(), Queue: c.queue.report(),
			ComputeInput: c.input.report(), ComputeInfer: c.compute.report(), ComputeOutput: c.output.report(),
			CacheHit: &inferencepb.StatisticDuration{}, CacheMiss: &inferencepb.StatisticDuration{},
		},
	}
	if !c.last.IsZero() {
		s.LastInference = uint64(c.last.UnixMilli())
	}
	for _, size := range slices.Sorted(maps.Keys(c.batches)) {
		s.BatchStats = append(s.BatchStats, c.batches[size].report(size))
	}
	return s
}

func (b *batch) report(size int) *inferencepb.InferBatchStatistics {
	return &inferencepb.InferBatchStatistics{
		BatchSize: uint64(size), ComputeInput: b.input.report(), ComputeInfer: b.compute.report(), ComputeOutput: b.output.report(),
	}
}
