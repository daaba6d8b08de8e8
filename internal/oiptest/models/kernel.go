package models

import (
	"context"
	"slices"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/infer"
)

// kernel computes the answers to a request whose inputs fit the model. It gives them to give, in order and from the goroutine that
// it was called in; an error of give ends it. A model that is not decoupled gives one.
type kernel func(ctx context.Context, c *call, give func(answer) error) error

// answer is one of a request's answers.
type answer struct {
	outputs    []infer.TensorData
	parameters infer.Parameters
	err        *infer.Error // in place of outputs
	last       bool         // a decoupled model's: nothing follows
}

// once is the kernel of a model that answers a request with one response.
func once(compute func(ctx context.Context, c *call) ([]infer.TensorData, error)) kernel {
	return func(ctx context.Context, c *call, give func(answer) error) error {
		outputs, err := compute(ctx, c)
		if err != nil {
			return err
		}
		return give(answer{outputs: outputs})
	}
}

// call is a request that fits the model.
type call struct {
	model      *Model
	version    string
	request    *infer.Request
	parameters infer.Parameters
	inputs     map[string]*infer.Tensor
	batch      int64                   // rows; 0 when the model does not batch
	outputs    []infer.RequestedOutput // none means all
	tops       map[string]int          // how many classes of an output are wanted
	sequence   sequence
}

// shape is that of an output: dims, behind the batch of a model that has one.
func (c *call) shape(dims ...int64) infer.Shape {
	if c.batch == 0 {
		return dims
	}
	return append(infer.Shape{c.batch}, dims...)
}

// replies makes messages of answers.
type replies struct {
	call   *call
	yield  func(infer.Reply) error
	single bool // the model is not decoupled
	ended  bool
}

func (r *replies) give(a answer) error {
	head := infer.Head{ModelName: r.call.model.Name(), ModelVersion: r.call.version, ID: r.call.request.ID(), Parameters: a.parameters}
	if !r.single && a.outputs == nil {
		head.ModelVersion = "" // as Triton
	}
	if !r.single {
		head.Parameters = append(head.Parameters, infer.Parameter{Key: infer.FinalResponse, Value: a.last})
	}
	r.ended = r.ended || a.last
	if a.err != nil {
		return r.yield(infer.Reply{Response: infer.NewResponse(head, nil), Err: a.err})
	}
	outputs, err := r.call.selected(a.outputs)
	if err != nil {
		return err
	}
	return r.yield(infer.Reply{Response: infer.NewResponse(head, outputs)})
}

// finish says that nothing follows, where the last answer did not say so and the client wants to know.
func (r *replies) finish() error {
	if r.single || r.ended || !r.call.request.WantsEmptyFinal() {
		return nil
	}
	return r.give(answer{last: true})
}

// selected are the outputs that were asked for, in the model's order.
func (c *call) selected(outputs []infer.TensorData) ([]infer.TensorData, error) {
	if len(c.outputs) == 0 {
		return outputs, nil
	}
	var kept []infer.TensorData
	for i := range outputs {
		if !slices.ContainsFunc(c.outputs, func(o infer.RequestedOutput) bool { return o.Name == outputs[i].Name }) {
			outputs[i].Data.Free()
			continue
		}
		output, err := c.classified(&outputs[i], c.tops[outputs[i].Name])
		if err != nil {
			return nil, err
		}
		kept = append(kept, output)
	}
	return kept, nil
}

func invalid(format string, args ...any) error {
	return infer.Errorf(codes.InvalidArgument, format, args...)
}
