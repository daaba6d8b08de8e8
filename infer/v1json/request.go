package v1json

import (
	"errors"
	"fmt"
	"slices"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/tensorjson"
)

// DecodeRequest reads the body of a predict call for the model that m describes, into a message in raw form, which the caller frees,
// and tells in which form the answer goes. Its parameters are added to those of h; a signature_name is not asked for.
//
// The error is INVALID_ARGUMENT, names the input and the row, and tells the cure; FAILED_PRECONDITION when the metadata have no inputs.
func DecodeRequest(text []byte, h infer.Head, m *infer.Metadata) (*infer.Request, Form, error) {
	if len(m.Inputs) == 0 {
		return nil, Rows, infer.Errorf(codes.FailedPrecondition,
			"the model does not tell what its inputs are, so a V1 body cannot be translated for it; send tensors to /v2, or reach its server over V1")
	}
	d := requestDecoder{reader: tensorjson.NewReader(text), inputs: m.Inputs}
	err := d.decode()
	var tensors []infer.TensorData
	if err == nil {
		tensors, err = d.body.tensors()
	}
	if err != nil {
		return nil, d.form, infer.Errorf(codes.InvalidArgument, "%w", err)
	}
	h.Parameters = append(slices.Clip(h.Parameters), d.parameters...)
	return infer.NewRequest(h, tensors, nil), d.form, nil
}

type requestDecoder struct {
	reader     *tensorjson.Reader
	inputs     []infer.TensorMetadata
	body       *body // nil before there is one
	form       Form
	parameters infer.Parameters
	told       bool // there are parameters
}

func (d *requestDecoder) decode() error {
	if d.reader.Peek() == 0 {
		return errors.New(`the body is empty; send a JSON object with "instances" or "inputs"`)
	}
	if err := d.reader.Object(d.member); err != nil {
		return err
	}
	if d.body == nil {
		return errors.New(`the body has neither "instances" nor "inputs"; send one of them`)
	}
	return d.reader.End()
}

func (d *requestDecoder) member(key []byte) error {
	switch string(key) {
	case "instances":
		return d.tensors(Rows, "instances", (*body).inRows)
	case "inputs":
		return d.tensors(Columns, "inputs", (*body).inColumns)
	case "parameters":
		return d.readParameters()
	}
	return d.reader.Skip()
}

func (d *requestDecoder) tensors(f Form, key string, read func(*body) error) error {
	if d.reader.Null() {
		return nil
	}
	if d.body != nil {
		return errors.New(`the body has "instances" or "inputs" twice; send one of them, once`)
	}
	d.form, d.body = f, newBody(d.reader, "input", d.inputs)
	if err := read(d.body); err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	return nil
}

func (d *requestDecoder) readParameters() (err error) {
	if d.reader.Null() {
		return nil
	}
	if d.told {
		return errors.New(`key "parameters" is there twice; send it once`)
	}
	d.told = true
	d.parameters, err = d.reader.Parameters()
	return err
}
