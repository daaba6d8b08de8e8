package onnx

import (
	"context"
	"fmt"
)

// gate lets as many callers in at once as it has capacity.
type gate chan struct{}

// enter waits for a place, or for ctx. A cancelled ctx never gets in.
func (g gate) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("onnx: %w", err)
	}
	select {
	case g <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("onnx: waiting for a core: %w", ctx.Err())
	}
}

// leave gives the place back that enter took.
func (g gate) leave() { <-g }
