package models

import (
	"slices"
	"strconv"
	"strings"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/classification"
)

// check wants a request to be as Triton wants it. Source: the protocol page's table of status codes by situation.
func (m *Model) check(req *infer.Request) (*call, error) {
	if err := req.Validate(); err != nil {
		return nil, err
	}
	parameters, err := req.Parameters()
	if err != nil {
		return nil, err
	}
	if err := checkParameters(parameters); err != nil {
		return nil, err
	}
	c := &call{model: m, request: req, parameters: parameters, inputs: map[string]*infer.Tensor{}}
	for i := range req.Tensors() {
		t := &req.Tensors()[i]
		c.inputs[t.Name] = t
	}
	if !m.anything {
		if err := c.checkInputs(); err != nil {
			return nil, err
		}
	}
	if err := c.checkOutputs(); err != nil {
		return nil, err
	}
	if m.sequences != nil {
		c.sequence, err = m.sequences.read(c)
	}
	return c, err
}

func (c *call) checkInputs() error {
	declared := c.model.config.GetInput()
	for i := range c.request.Tensors() {
		name := c.request.Tensors()[i].Name
		if !slices.ContainsFunc(declared, func(in *inferencepb.ModelInput) bool { return in.GetName() == name }) {
			return invalid("input %q is not the model's; it takes %s", name, inputNames(declared))
		}
	}
	var missing []*inferencepb.ModelInput
	for _, in := range declared {
		if c.inputs[in.GetName()] == nil && !in.GetOptional() {
			missing = append(missing, in)
		}
	}
	if len(missing) > 0 {
		return invalid("the model takes %s and the request lacks %s", inputNames(declared), inputNames(missing))
	}
	for _, in := range declared {
		if t := c.inputs[in.GetName()]; t != nil {
			if err := c.checkInput(in, t); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *call) checkInput(in *inferencepb.ModelInput, t *infer.Tensor) error {
	if want := dataType(in.GetDataType()); t.DataType != want {
		return invalid("input %q is %s, the model takes %s", t.Name, t.DataType, want)
	}
	if want := c.model.shape(in.GetDims()); !t.Shape.Matches(want) {
		return invalid("input %q has shape %v, the model takes %v", t.Name, t.Shape, want)
	}
	most := int64(c.model.config.GetMaxBatchSize())
	switch {
	case most == 0:
	case t.Shape[0] == 0:
		return invalid("input %q has a batch of no rows", t.Name)
	case t.Shape[0] > most:
		return invalid("input %q has a batch of %d, the most is %d", t.Name, t.Shape[0], most)
	case c.batch != 0 && c.batch != t.Shape[0]:
		return invalid("input %q has a batch of %d, another one of %d", t.Name, t.Shape[0], c.batch)
	default:
		c.batch = t.Shape[0]
	}
	return nil
}

func (c *call) checkOutputs() error {
	var err error
	if c.outputs, err = c.request.Outputs(); err != nil {
		return err
	}
	if c.tops, err = classification.Wanted(c.outputs); err != nil || c.model.anything {
		return err
	}
	for _, o := range c.outputs {
		if !slices.ContainsFunc(c.model.config.GetOutput(), func(out *inferencepb.ModelOutput) bool { return out.GetName() == o.Name }) {
			return invalid("output %q is not the model's", o.Name)
		}
	}
	return nil
}

func inputNames(inputs []*inferencepb.ModelInput) string {
	names := make([]string, len(inputs))
	for i, in := range inputs {
		names[i] = strconv.Quote(in.GetName())
	}
	return strings.Join(names, ", ")
}

// find finds a version, the highest when none is named.
func (m *Model) find(number string) (version, error) {
	if m.absent != "" {
		return version{}, infer.Errorf(codes.NotFound, "it has no version to answer with: %s", m.absent)
	}
	if number == "" {
		return m.versions[len(m.versions)-1], nil
	}
	if _, err := strconv.ParseUint(number, 10, 63); err != nil {
		return version{}, invalid("version %q is not a number", number)
	}
	for _, v := range m.versions {
		if v.name == number {
			return v, nil
		}
	}
	return version{}, infer.Errorf(codes.NotFound, "there is no version %s", number)
}

// shape is dims behind the batch axis, if the model has one.
func (m *Model) shape(dims []int64) infer.Shape {
	if m.config.GetMaxBatchSize() == 0 {
		return dims
	}
	return append(infer.Shape{-1}, dims...)
}

// dataType is the protocol's name of a configuration's datatype.
func dataType(t inferencepb.DataType) infer.DataType {
	if t == inferencepb.DataType_TYPE_STRING {
		return infer.Bytes
	}
	return infer.DataType(strings.TrimPrefix(t.String(), "TYPE_"))
}
