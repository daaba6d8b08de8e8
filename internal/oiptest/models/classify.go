package models

import (
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/classification"
)

// classified is an output as the client wants it: as it is, or as the classes of its highest elements.
func (c *call) classified(t *infer.TensorData, top int) (infer.TensorData, error) {
	if top == 0 {
		return *t, nil
	}
	order := classification.Order{Top: top, Batched: c.batch > 0, Labels: c.model.labels[t.Name]}
	return order.Classify(t.Name, t.DataType, t.Shape, t.Data.ReadOnlyData())
}
