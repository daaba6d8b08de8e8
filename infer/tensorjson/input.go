package tensorjson

import (
	"errors"
	"fmt"
	"math"

	"google.golang.org/grpc/mem"

	"github.com/manifold-serving/manifold/infer"
)

// maxName bounds a tensor's name, as the message does.
const maxName = 64 * 1024

// usualRank is the room for dimensions to begin with: batch, channels, height, width.
const usualRank = 4

// input is one tensor on its way out of a body: an input of a request, or an output of a response.
type input struct {
	infer.TensorData
	had      members
	raw      []byte
	from, to int // where data lie that wait for the end of the object
	binary   bool
	size     int // of binary data
}

// The known keys of a tensor.
const (
	keyName = iota
	keyShape
	keyDatatype
	keyParameters
	keyData
)

// tensor moves past a tensor's object and appends the tensor.
func (d *decoder) tensor() error {
	if len(d.tensors) == infer.MaxTensors {
		return fmt.Errorf("more than %d %ss", infer.MaxTensors, d.noun)
	}
	var in input
	err := d.object(func(key []byte) error { return d.member(&in, key) })
	if err == nil {
		err = d.finish(&in)
	}
	if err == nil && !d.names.add(in.Name) {
		err = errors.New("it is sent twice")
	}
	if err != nil {
		return fmt.Errorf("%s: %w", d.label(&in), err)
	}
	if !in.Parameters.NameMemory() {
		in.Data = mem.SliceBuffer(in.raw)
	}
	d.tensors = append(d.tensors, in.TensorData)
	return nil
}

// label names the tensor in errors: input "image".
func (d *decoder) label(in *input) string {
	if in.Name == "" {
		return fmt.Sprintf("%s %d", d.noun, len(d.tensors))
	}
	return d.noun + " " + quoted(in.Name)
}

// member moves past the value of key.
func (d *decoder) member(in *input, key []byte) error {
	var bit uint
	switch string(key) {
	case "name":
		bit = keyName
	case "shape":
		bit = keyShape
	case "datatype":
		bit = keyDatatype
	case "parameters":
		bit = keyParameters
	case "data":
		bit = keyData
	default:
		return d.skip()
	}
	if present, err := d.present(&in.had, bit, key); !present {
		return err
	}
	return d.value(in, bit)
}

func (d *decoder) value(in *input, bit uint) error {
	switch bit {
	case keyName:
		return d.name(in)
	case keyShape:
		return d.shape(in)
	case keyDatatype:
		return d.datatype(in)
	case keyParameters:
		return d.tensorParameters(in)
	}
	return d.data(in)
}

func (d *decoder) name(in *input) error { return d.tensorName(&in.Name) }

// tensorName reads the name of a tensor or a requested output.
func (d *decoder) tensorName(to *string) error {
	text, err := d.stringOf("name")
	if err != nil {
		return err
	}
	if len(text) > maxName {
		return fmt.Errorf("its name is longer than %d bytes", maxName)
	}
	*to = string(text)
	return d.countText(len(text))
}

func (d *decoder) datatype(in *input) error {
	text, err := d.stringOf("datatype")
	if err != nil {
		return err
	}
	in.DataType = infer.DataType(text)
	if !in.DataType.Known() {
		return fmt.Errorf("datatype %s is not one of %v", quoted(string(text)), infer.DataTypes())
	}
	return nil
}

func (d *decoder) shape(in *input) error {
	in.Shape = make(infer.Shape, 0, usualRank)
	return d.array(func() error {
		d.reach(longestElement)
		v, negative, end, ok := scanInteger(d.text, d.at)
		if !ok || negative && v != 0 || v > math.MaxInt64 {
			return badJSON("dimension %d of its shape is %s; send a whole number from 0", len(in.Shape), d.token())
		}
		if len(in.Shape) == infer.MaxRank {
			return fmt.Errorf("its shape has more than %d dimensions", infer.MaxRank)
		}
		in.Shape = append(in.Shape, int64(v))
		d.at = end
		return nil
	})
}

// tensorParameters are kept but for those that describe this hop's transfer, of which some move the data elsewhere.
// Of the binary tensor extension this is where the sizes are.
func (d *decoder) tensorParameters(in *input) error {
	all, err := d.parameters()
	if err != nil {
		return err
	}
	if all, in.size, in.binary, err = takeSize(all); err != nil {
		return err
	}
	in.Parameters, err = d.unframed(all, "send the tensor in data")
	return err
}
