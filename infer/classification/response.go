package classification

import (
	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/infer"
)

// Apply returns resp with the outputs that orders name replaced by their classes; outputs without an order keep their bytes, and
// an order for an output that resp has not is nobody's. It takes resp over, also when it fails: INVALID_ARGUMENT as
// [Order.Classify], INTERNAL when an output's data do not fit its shape.
func Apply(resp *infer.Response, orders map[string]Order) (*infer.Response, error) {
	var classes []infer.TensorData
	for i := range resp.Tensors() {
		t := &resp.Tensors()[i]
		order, ordered := orders[t.Name]
		if !ordered {
			continue
		}
		class, err := order.tensor(t)
		if err != nil {
			resp.Free()
			return nil, err
		}
		classes = append(classes, class)
	}
	if len(classes) == 0 {
		return resp, nil
	}
	return resp.Replace(classes)
}

// tensor classifies an output that a server may have got wrong.
func (o Order) tensor(t *infer.Tensor) (infer.TensorData, error) {
	if !Ranks(t.DataType) {
		return infer.TensorData{}, unordered(t.Name, t.DataType)
	}
	err := t.Validate()
	var scores []byte
	if err == nil {
		scores, err = t.Bytes()
	}
	if err != nil {
		return infer.TensorData{}, &infer.Error{Code: codes.Internal, Reason: infer.AsError(err).Reason, Cause: err}
	}
	return o.Classify(t.Name, t.DataType, t.Shape, scores)
}
