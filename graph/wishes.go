package graph

import (
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/classification"
)

// wishes are what the client of a graph wants its answer to look like.
type wishes struct {
	plan    *Plan
	id      string
	outputs []string
	classes map[string]int // of the outputs that are to be classified
}

// wishes reads them; INVALID_ARGUMENT when they are malformed.
func (p *Plan) wishes(req *infer.Request) (wishes, error) {
	outputs, err := req.Outputs()
	if err != nil {
		return wishes{}, infer.At(p.path(), err)
	}
	classes, err := classification.Wanted(outputs)
	if err != nil {
		return wishes{}, infer.At(p.path(), err)
	}
	names := make([]string, len(outputs))
	for i := range outputs {
		names[i] = outputs[i].Name
	}
	return wishes{p, req.ID(), names, classes}, nil
}

// answer is the graph's answer made of that of its last step, which it takes over.
func (w wishes) answer(resp *infer.Response) (*infer.Response, error) {
	resp, err := resp.Select(w.outputs)
	if err == nil && w.classes != nil {
		resp, err = classification.Apply(resp, w.orders(resp))
	}
	if err != nil {
		return nil, infer.At(w.plan.path(), err)
	}
	return w.signed(resp), nil
}

// orders of classes: a graph has no labels, and a tensor of more than one axis is a batch of rows.
func (w wishes) orders(resp *infer.Response) map[string]classification.Order {
	orders := make(map[string]classification.Order, len(w.classes))
	for i := range resp.Tensors() {
		t := &resp.Tensors()[i]
		if top := w.classes[t.Name]; top > 0 {
			orders[t.Name] = classification.Order{Top: top, Batched: len(t.Shape) > 1}
		}
	}
	return orders
}

// signed is resp as the graph's. It takes resp over.
func (w wishes) signed(resp *infer.Response) *infer.Response {
	return resp.Edit(infer.Edit{
		ModelName:     new(w.plan.name),
		ModelVersion:  new(planVersion),
		ID:            new(w.id),
		DropParameter: infer.FramesTransfer,
	})
}
