package clients

import (
	"context"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/infer"
)

// refuseBatchOfNone refuses an input of no rows for a model that batches: a Triton never answers it. Source: observed on Triton 2.51;
// the protocol page, appendix C.
func (u *Upstream) refuseBatchOfNone(ctx context.Context, req *infer.Request) error {
	for i := range req.Tensors() {
		t := &req.Tensors()[i]
		if len(t.Shape) == 0 || t.Shape[0] != 0 {
			continue
		}
		if dialect, err := u.server.dialect(ctx); err != nil || dialect != Triton {
			return err
		}
		c, err := u.Config(ctx)
		if err != nil {
			return err
		}
		if c.GetMaxBatchSize() == 0 {
			return nil
		}
		return infer.Errorf(codes.InvalidArgument,
			"input %q: shape %v is a batch of none, and model %q takes 1 to %d rows; leave the request out",
			t.Name, t.Shape, u.name, c.GetMaxBatchSize())
	}
	return nil
}
