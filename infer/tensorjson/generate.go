package tensorjson

import (
	"fmt"
	"slices"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"

	"github.com/manifold-serving/manifold/infer"
)

// DecodeGenerate reads the body of a generate request, an object of the client's own, into a message in raw form, which the caller
// frees. A key that is an input's name is that input: one element or a flat array of them, whose shape comes from the model's (see
// [filledFor]). "id" is the request's id. Any other key is a parameter, a string, a number or a bool; the members of an object "parameters"
// are inputs and parameters too.
//
// The error is INVALID_ARGUMENT, names the input or parameter and tells the cure. That the model needs other inputs is for it to say.
// Source: Triton, "Generate Extension", and Triton 2.51 as observed.
func DecodeGenerate(body []byte, inputs []infer.TensorMetadata, o Options) (*infer.Request, error) {
	g := generated{decoder: decoder{noun: "input", isRequest: true}, inputs: inputs}
	g.head.ModelName, g.head.ModelVersion = o.ModelName, o.ModelVersion
	err := o.check()
	if err == nil {
		err = g.decode(body)
	}
	if err != nil {
		return nil, infer.Errorf(codes.InvalidArgument, "%w", err)
	}
	return infer.NewRequest(g.head, g.tensors, nil), nil
}

// generated reads the body of a generate request.
type generated struct {
	decoder

	inputs []infer.TensorMetadata
	keys   keySet // of parameters
	nested bool   // within "parameters"
}

func (g *generated) decode(body []byte) error {
	g.begin(body)
	if g.at == len(g.text) {
		return badJSON("the body is empty; send a JSON object with the model's inputs")
	}
	err := g.object(g.member)
	if err == nil {
		err = g.end()
	}
	if err == nil {
		g.head.Parameters, err = unframed(g.head.Parameters, "send the inputs by their names")
	}
	return err
}

func (g *generated) member(text []byte) error {
	key := string(text)
	if i := slices.IndexFunc(g.inputs, func(t infer.TensorMetadata) bool { return t.Name == key }); i >= 0 {
		if !g.names.add(key) {
			return fmt.Errorf("input %s already exists in request; send it once", quoted(key))
		}
		if err := g.input(&g.inputs[i]); err != nil {
			return fmt.Errorf("input %s: %w", quoted(key), err)
		}
		return nil
	}
	switch {
	case key == "parameters" && !g.nested:
		if g.peek() != '{' {
			return badJSON("parameters is %s; send an object", g.token())
		}
		g.nested = true
		defer func() { g.nested = false }()
		return g.object(g.member)
	case key == "id" && !g.nested:
		return g.string(&g.head.ID, "id")
	}
	return g.other(key)
}

// other is a parameter.
func (g *generated) other(key string) error {
	if g.null() {
		return fmt.Errorf("parameter %s is null; leave it out", quoted(key))
	}
	value, err := g.parameter(key)
	switch {
	case err != nil:
		return err
	case !g.keys.add(key):
		return fmt.Errorf("parameter %s is there twice; send it once", quoted(key))
	case len(g.head.Parameters) == infer.MaxParameters:
		return fmt.Errorf("more than %d parameters", infer.MaxParameters)
	}
	g.head.Parameters = append(g.head.Parameters, infer.Parameter{Key: key, Value: value})
	return g.countParameter(key, value)
}

// input moves past the value of an input and appends the tensor.
func (g *generated) input(of *infer.TensorMetadata) error {
	from, alone := g.at, g.peek() != '['
	count := 1
	var err error
	if alone {
		err = g.skip()
	} else {
		count, err = g.flat()
	}
	if err != nil {
		return err
	}
	shape, ok := filledFor(of.Shape, count)
	if !ok {
		return fmt.Errorf("%d elements do not make a tensor of the model's shape %v", count, of.Shape)
	}
	in := input{TensorData: infer.TensorData{Name: of.Name, DataType: of.DataType, Shape: shape}}
	s := &scanner{text: g.text[:g.at], at: from, depth: g.depth}
	if alone {
		err = g.one(&in, s)
	} else {
		err = g.read(&in, s)
	}
	if err != nil {
		return err
	}
	in.Data = mem.SliceBuffer(in.raw)
	g.tensors = append(g.tensors, in.TensorData)
	return nil
}

// flat moves past an array and counts its elements, none of which may be an array.
func (g *generated) flat() (int, error) {
	count := 0
	err := g.array(func() error {
		if c := g.peek(); c == '[' || c == '{' {
			return badJSON("element %d is an array or an object; send a flat array", count)
		}
		count++
		return g.skip()
	})
	return count, err
}

// one reads an element that is not in an array.
func (g *generated) one(in *input, s *scanner) error {
	if err := hasJSON(in.DataType); err != nil {
		return err
	}
	e := elements{scanner: s, datatype: in.DataType, most: 1, raw: make([]byte, in.DataType.Size())}
	if err := e.run(); err != nil {
		return err
	}
	in.raw = e.raw[:e.filled]
	return e.complete()
}

// filledFor is the model's shape with its variable dimensions filled in for so many elements: the last has them all, and the others, of
// which the first is the batch, have one. False when the elements do not fill it. Source: Triton 2.51, as observed.
func filledFor(shape infer.Shape, count int) (infer.Shape, bool) {
	filled := slices.Clone(shape)
	last := -1
	left := int64(count)
	for i, d := range filled {
		switch {
		case d < 0:
			filled[i], last = 1, i
		case d == 0:
			return filled, false // a generate request has no empty tensors but those of a variable shape
		case left%d != 0:
			return filled, false
		default:
			left /= d
		}
	}
	if last >= 0 {
		filled[last], left = left, 1
	}
	return filled, left == 1
}

// DescribesTensors reports whether a body is that of an inference request rather than a generate request for a model with those
// inputs: it has an array of "inputs", the first of which is an object, and the model has no input of that name. MLServer takes
// such bodies for both.
func DescribesTensors(body []byte, inputs []infer.TensorMetadata) bool {
	const key = "inputs"
	if slices.ContainsFunc(inputs, func(t infer.TensorMetadata) bool { return t.Name == key }) {
		return false
	}
	var d decoder
	d.begin(body)
	found := false
	err := d.object(func(text []byte) error {
		if string(text) != key || d.peek() != '[' {
			return d.skip()
		}
		return d.array(func() error {
			found = found || d.peek() == '{'
			return d.skip()
		})
	})
	return err == nil && found
}
