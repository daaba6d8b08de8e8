package clients

import (
	"slices"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/classification"
)

// read parses an answer, which it takes over, and refuses one that lies as far as the gateway can see.
func (o *errand) read(frame infer.Frame) (*infer.Response, error) {
	response, err := infer.ParseResponse(frame.Buffers)
	if err != nil {
		return nil, infer.At("its answer", err)
	}
	if err := o.check(response); err != nil {
		response.Free()
		return nil, err
	}
	return response, nil
}

// check refuses an answer that lies: one to another request, or with outputs that are not what they are said to be.
func (o *errand) check(response *infer.Response) error {
	var err error
	if asked, told := o.request.ID(), response.ID(); asked != "" && told != "" && asked != told {
		err = infer.Errorf(codes.Internal, "it is the answer to request %q, not to %q", clean(told), asked)
	} else if err = response.Check(); err == nil {
		err = o.complete(response)
	}
	if err == nil {
		return nil
	}
	return infer.At("its answer of model "+o.request.ModelName(), err)
}

// complete refuses an answer that lacks an output that its server must give. An answer without any is the end of a stream, or empty on
// purpose.
func (o *errand) complete(response *infer.Response) error {
	if len(response.Tensors()) == 0 {
		return nil
	}
	for _, output := range o.due {
		if !slices.ContainsFunc(response.Tensors(), func(t infer.Tensor) bool { return t.Name == output }) {
			return infer.Errorf(codes.Internal, "output %q is missing", output)
		}
	}
	return nil
}

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
