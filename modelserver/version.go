package modelserver

import (
	"context"
	"errors"
	"strconv"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/tally"
	"github.com/manifold-serving/manifold/modelserver/onnx"
)

// version is one version of a model: loaded, or the reason why it is not.
type version struct {
	number  int64
	network network
	places  chan struct{} // one for each request that computes
	counter *tally.Counter
	failed  error // not nil: it does not serve
}

func (v *version) name() string { return strconv.FormatInt(v.number, 10) }

// compute runs the network on feeds, as soon as there is a place, and returns the wanted outputs. Taking the inputs out is part
// of what a place is for: pictures are decoded there.
func (v *version) compute(ctx context.Context, s *signature, feeds []feed, list []wanted, maxPixels int) ([]infer.TensorData, error) {
	var times tally.Times
	start := time.Now()
	outputs, err := v.timed(ctx, s, feeds, list, maxPixels, &times)
	if err != nil {
		v.counter.Failed(time.Since(start))
		return nil, err
	}
	v.counter.Succeeded(times)
	return outputs, nil
}

func (v *version) timed(ctx context.Context, s *signature, feeds []feed, list []wanted, maxPixels int, times *tally.Times) ([]infer.TensorData, error) {
	lap := stopwatch(time.Now())
	if err := v.enter(ctx); err != nil {
		return nil, err
	}
	defer func() { <-v.places }()
	lap.into(&times.Queue)
	inputs, err := s.tensors(ctx, feeds, maxPixels)
	if err != nil {
		return nil, err
	}
	lap.into(&times.Input)
	times.Batch = s.rows(feeds)
	results, err := v.network.Run(ctx, inputs, s.computed(list)...)
	if err != nil {
		return nil, runError(err)
	}
	lap.into(&times.Compute)
	defer lap.into(&times.Output)
	return s.answer(list, results)
}

// stopwatch measures laps.
type stopwatch time.Time

func (w *stopwatch) into(lap *time.Duration) {
	now := time.Now()
	*lap = now.Sub(time.Time(*w))
	*w = stopwatch(now)
}

func (v *version) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case v.places <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// runError gives an error of the runtime its code; those of a context keep theirs.
func runError(err error) error {
	switch {
	case errors.Is(err, onnx.ErrInput):
		return infer.Errorf(codes.InvalidArgument, "%w", err)
	case errors.Is(err, onnx.ErrClosed):
		return errClosed(err)
	}
	return err
}

// errClosed is for requests that come after a model was closed: another one may be on its way under the same name.
func errClosed(cause error) error {
	return &infer.Error{Code: codes.Unavailable, Reason: "the model is unloaded", Cause: cause}
}
