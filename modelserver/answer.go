package modelserver

import (
	"fmt"
	"slices"

	"google.golang.org/grpc/mem"

	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/classification"
	"github.com/manifold-serving/manifold/modelserver/onnx"
)

// wanted is an output of a response.
type wanted struct {
	output int  // of the signature; it is computed
	labels bool // its labels are wanted, not its elements
	top    int  // above 0: its highest elements are wanted, as classes
}

// wants resolves the outputs that a request names, in its order. Without any it is the output of labels if there is one,
// otherwise all, in the order of the model.
func (s *signature) wants(req *infer.Request) ([]wanted, error) {
	requested, err := req.Outputs()
	if err != nil {
		return nil, err
	}
	if len(requested) == 0 {
		return s.wantsByDefault(), nil
	}
	list := make([]wanted, len(requested))
	for i, r := range requested {
		if list[i], err = s.want(r); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (s *signature) wantsByDefault() []wanted {
	if s.labels != nil {
		return []wanted{{output: s.labels.of, labels: true}}
	}
	list := make([]wanted, len(s.outputs))
	for i := range list {
		list[i].output = i
	}
	return list
}

func (s *signature) want(r infer.RequestedOutput) (wanted, error) {
	top, err := classification.Top(r)
	if err != nil {
		return wanted{}, err
	}
	if s.labels != nil && s.labels.name == r.Name {
		if top > 0 {
			return wanted{}, invalid("output %q is BYTES and cannot be classified; ask that of %q",
				r.Name, s.outputs[s.labels.of].name)
		}
		return wanted{output: s.labels.of, labels: true}, nil
	}
	at := slices.IndexFunc(s.outputs, named(r.Name))
	if at < 0 {
		return wanted{}, invalid("unexpected output %q is asked for; the model gives %q", bounded([]string{r.Name})[0], s.outputNames())
	}
	if d := s.outputs[at].dataType; top > 0 && !classification.Ranks(d) {
		return wanted{}, invalid("output %q is %s and cannot be classified; its elements have no order", r.Name, d)
	}
	return wanted{output: at, top: top}, nil
}

func (s *signature) outputNames() []string {
	if s.labels == nil {
		return names(s.outputs)
	}
	return append([]string{s.labels.name}, names(s.outputs)...)
}

// computed names the outputs of the network that the wanted ones are made of.
func (s *signature) computed(list []wanted) []string {
	var names []string
	for _, w := range list {
		if name := s.outputs[w.output].name; !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// answer makes the outputs of a response of what the network computed.
func (s *signature) answer(list []wanted, results []onnx.Tensor) ([]infer.TensorData, error) {
	outputs := make([]infer.TensorData, len(list))
	for i, w := range list {
		v := &s.outputs[w.output]
		at := slices.IndexFunc(results, func(t onnx.Tensor) bool { return t.Name == v.name })
		if at < 0 {
			return nil, fmt.Errorf("output %q was not computed", v.name)
		}
		shape, err := s.outputShape(v, results[at].Shape)
		if err != nil {
			return nil, err
		}
		if outputs[i], err = s.output(w, v, shape, results[at].Data); err != nil {
			return nil, err
		}
	}
	return outputs, nil
}

// outputShape is the shape that the client sees. The network must have kept to the configuration.
func (s *signature) outputShape(v *tensor, shape infer.Shape) (infer.Shape, error) {
	if expected := withBatch(v.inner, s.maxBatch > 0); !shape.Matches(expected) {
		return nil, fmt.Errorf("output %q came out with shape %v, the model declares %v", v.name, shape, expected)
	}
	return s.refit(shape, v.inner, v.dims), nil
}

func (s *signature) output(w wanted, v *tensor, shape infer.Shape, data []byte) (infer.TensorData, error) {
	switch {
	case w.labels:
		return s.label(shape, data), nil
	case w.top > 0:
		return classification.Order{Top: w.top, Batched: s.maxBatch > 0, Labels: v.labels}.Classify(v.name, v.dataType, shape, data)
	}
	return infer.TensorData{Name: v.name, DataType: v.dataType, Shape: shape, Data: mem.SliceBuffer(data)}, nil
}

// label makes the output of labels: that of the highest element of each row of another one.
func (s *signature) label(shape infer.Shape, data []byte) infer.TensorData {
	v := &s.outputs[s.labels.of]
	rows := 1
	if s.maxBatch > 0 {
		rows = int(shape[0])
	}
	var texts []string
	for row := range slices.Chunk(data, len(data)/rows) {
		for _, c := range classification.Highest(v.dataType, row, 1) {
			texts = append(texts, v.labels[c.Index])
		}
	}
	return infer.TensorData{
		Name: s.labels.name, DataType: infer.Bytes, Shape: infer.Shape{int64(len(texts))},
		Data: mem.SliceBuffer(infer.RawStrings(texts...)),
	}
}
