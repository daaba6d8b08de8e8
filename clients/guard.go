package clients

import (
	"context"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/classification"
)

// What would be the end of a Triton is refused before it gets there, as far as it takes knowledge of the model; what does not is
// refused by [infer.Request.Validate]. Seen with Triton 2.51.

// checkClasses refuses classes of outputs whose elements have no order, which end the process.
func (u *Upstream) checkClasses(ctx context.Context, classes map[string]int) error {
	if len(classes) == 0 {
		return nil
	}
	m, err := u.Metadata(ctx)
	if err != nil {
		return err
	}
	for _, output := range m.Outputs {
		if classes[output.Name] > 0 && !classification.Ranks(output.DataType) {
			return infer.Errorf(codes.InvalidArgument,
				"output %q is %s and cannot be classified; its elements have no order", output.Name, output.DataType)
		}
	}
	return nil
}

// checkBatch refuses a batch of none, which is never answered.
func (u *Upstream) checkBatch(ctx context.Context, req *infer.Request) error {
	t := hollow(req)
	if t == nil {
		return nil
	}
	c, err := u.Config(ctx)
	if err != nil || c.GetMaxBatchSize() == 0 {
		return err
	}
	return infer.Errorf(codes.InvalidArgument,
		"input %q: shape %v has no rows; the first dimension of model %q is its batch, of 1 to %d", t.Name, t.Shape, u.name, c.GetMaxBatchSize())
}

// hollow is an input whose first dimension is 0; nil when there is none.
func hollow(req *infer.Request) *infer.Tensor {
	tensors := req.Tensors()
	for i := range tensors {
		if shape := tensors[i].Shape; len(shape) > 0 && shape[0] == 0 {
			return &tensors[i]
		}
	}
	return nil
}
