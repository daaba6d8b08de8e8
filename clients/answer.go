package clients

import (
	"slices"

	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/classification"
)

// answer makes a response what the client of o asked for. It takes the response over.
func (o *errand) answer(response *infer.Response) (*infer.Response, error) {
	response = response.ChangeParameters(o.dialect.incoming)
	if len(response.Tensors()) == 0 { // a message of a stream that only says that it is over
		return response, nil
	}
	var err error
	if len(o.outputs) > 0 && !slices.EqualFunc(response.Tensors(), o.outputs, named) {
		if response, err = response.Select(o.outputs); err != nil {
			return nil, err
		}
	}
	if len(o.classes) == 0 {
		return response, nil
	}
	return classification.Apply(response, o.orders(response))
}

func named(t infer.Tensor, name string) bool { return t.Name == name }

// orders are the classes to make. What tells a batch is an axis before the last one: these servers have no other sign of it.
func (o *errand) orders(response *infer.Response) map[string]classification.Order {
	orders := make(map[string]classification.Order, len(o.classes))
	for i := range response.Tensors() {
		t := &response.Tensors()[i]
		if top, ok := o.classes[t.Name]; ok {
			orders[t.Name] = classification.Order{Top: top, Batched: len(t.Shape) > 1}
		}
	}
	return orders
}
