package v1json

import (
	"errors"
	"fmt"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/tensorjson"
)

// DecodeResponse reads the answer of a predict call, as a V1 server sends it, into a message in raw form, which the caller frees. One
// output without a name has that of its key, predictions or outputs; objects give each its own. Datatypes are made of what is there:
// BYTES for strings, BOOL for true and false, INT64 for whole numbers, UINT64 when they exceed that, FP64 for others.
//
// The error is INTERNAL: the fault is the server's, or that its answer is no tensors.
func DecodeResponse(text []byte, h infer.Head) (*infer.Response, error) {
	tensors, err := decodeResponse(tensorjson.NewReader(text))
	if err != nil {
		return nil, infer.Errorf(codes.Internal, "its answer is not tensors: %w; call it over V1 to have it as it is", err)
	}
	return infer.NewResponse(h, tensors), nil
}

func decodeResponse(r *tensorjson.Reader) ([]infer.TensorData, error) {
	var tensors []infer.TensorData
	found := false
	err := r.Object(func(key []byte) (err error) {
		name := string(key)
		if name != "predictions" && name != "outputs" {
			return r.Skip()
		}
		if found {
			return errors.New(`it has "predictions" or "outputs" twice`)
		}
		found = true
		if tensors, err = answered(r, name); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return nil
	})
	if err == nil && !found {
		err = errors.New(`it has neither "predictions" nor "outputs"`)
	}
	if err == nil {
		err = r.End()
	}
	return tensors, err
}

// answered reads the value of key: once for the datatypes, and once for the elements.
func answered(r *tensorjson.Reader, key string) ([]infer.TensorData, error) {
	s := survey{reader: r.Ahead(), classes: map[string]*classes{}}
	if err := s.look(key); err != nil {
		return nil, err
	}
	known, err := s.metadata()
	if err != nil {
		return nil, err
	}
	b := newBody(r, "output", known)
	read := b.inColumns
	if r.Peek() == '[' {
		read = b.inRows
	}
	if err := read(); err != nil {
		return nil, err
	}
	return b.tensors()
}
