package tensorjson

import (
	"errors"
	"fmt"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"

	"github.com/manifold-serving/manifold/infer"
)

// sections are the binary data behind a JSON header, and where each tensor's lie.
type sections struct {
	data  mem.Buffer // nil when the whole body is JSON
	taken []section
	end   int    // of the last one
	last  string // the tensor that has it
}

type section struct{ tensor, from, to int }

// DecodeFramed reads the body of an inference request in the framing of the binary tensor extension: the JSON header, and the data
// that follow it, of which each input with a binary_data_size has the next so many bytes, in the order of the inputs. Without data
// behind it, nil, the header is the whole body, as [DecodeRequest] reads it.
//
// The request refers to the data by references of its own. It tells which outputs the client wants as binary data. What binary
// BYTES data hold is checked by [infer.Request.Validate]; all else is, and fails, as in DecodeRequest.
// Source: Triton, "Binary Tensor Data Extension".
func DecodeFramed(header []byte, data mem.Buffer, o Options) (*infer.Request, OutputForm, error) {
	return decodeRequest(header, data, nil, o)
}

func decodeRequest(header []byte, data mem.Buffer, rest *source, o Options) (*infer.Request, OutputForm, error) {
	d := decoder{noun: "input", isRequest: true, binary: sections{data: data}, shared: o.SharedMemory}
	d.head.ModelName, d.head.ModelVersion = o.ModelName, o.ModelVersion
	d.source = rest
	err := o.check()
	if err == nil {
		err = d.decode(header, keyInputs)
	}
	if err == nil {
		err = d.binary.complete()
	}
	if fault := rest.fault(); fault != nil {
		return nil, OutputForm{}, fault
	}
	if err != nil {
		return nil, OutputForm{}, infer.Errorf(codes.InvalidArgument, "%w", err)
	}
	for _, s := range d.binary.taken {
		d.tensors[s.tensor].Data = data.Slice(s.from, s.to)
	}
	return infer.NewRequest(d.head, d.tensors, d.outputs), d.form, nil
}

// take gives the next tensor its data. A size of 0 needs none, so clients announce it without a header's length too.
func (b *sections) take(tensor, size int, name string) error {
	if size == 0 {
		return nil
	}
	if b.data == nil {
		return errors.New("binary_data_size announces binary data, but the body is all JSON; send the tensor in data")
	}
	if left := b.data.Len() - b.end; size > left {
		return fmt.Errorf("binary_data_size announces %d bytes, but %d are left behind the JSON; Inference-Header-Content-Length is the length of the JSON alone",
			size, left)
	}
	b.taken = append(b.taken, section{tensor, b.end, b.end + size})
	b.end += size
	b.last = name
	return nil
}

// complete refuses data that no tensor has.
func (b *sections) complete() error {
	if b.data == nil || b.end == b.data.Len() {
		return nil
	}
	left := b.data.Len() - b.end
	if b.last == "" {
		return fmt.Errorf("unexpected additional input data: %d bytes behind the JSON, and no input has a binary_data_size", left)
	}
	return fmt.Errorf("unexpected additional input data: %d bytes behind those of input %s; binary_data_size says how many an input has",
		left, quoted(b.last))
}

// finishBinary checks a tensor whose data are binary.
func (d *decoder) finishBinary(in *input) error {
	if in.had&(1<<keyData) != 0 {
		return errors.New("it has data and a binary_data_size; send one of them")
	}
	n, err := count(in.Shape)
	if err != nil {
		return err
	}
	size := in.DataType.Size()
	switch {
	case size == 0 && in.size/lengthSize < n:
		return fmt.Errorf("%d bytes of binary data for shape %v, whose %d elements of BYTES take %d bytes each at least", in.size, in.Shape, n, lengthSize)
	case size > 0 && (in.size%size != 0 || in.size/size != n):
		return fmt.Errorf("%d bytes of binary data for shape %v, whose %d elements of %s take %d bytes each", in.size, in.Shape, n, in.DataType, size)
	}
	return d.binary.take(len(d.tensors), in.size, in.Name)
}

// fits checks the length of an output's data where the datatype fixes it.
func fits(t *infer.Tensor, length int) error {
	n, ok := t.Shape.Elements()
	size := t.DataType.Size()
	switch {
	case !t.DataType.Known():
		return fmt.Errorf("datatype %s is not one of %v", quoted(string(t.DataType)), infer.DataTypes())
	case !ok, size > 0 && (length%size != 0 || length/size != n):
		return fmt.Errorf("%d bytes of data do not fit shape %v of %s", length, t.Shape, t.DataType)
	}
	return nil
}
