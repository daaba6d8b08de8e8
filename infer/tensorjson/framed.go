package tensorjson

import (
	"strconv"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/infer"
)

// Framed is the body of a response in the framing of the binary tensor extension.
type Framed struct {
	JSON   []byte   // the header, or the whole body
	Binary [][]byte // what follows it: the response's own bytes, which live as long as that

	gaps []gap // in the order of the JSON
}

// Len is the length of the body in bytes, when it is whole.
func (f Framed) Len() int {
	n := len(f.JSON)
	for _, piece := range f.Binary {
		n += len(piece)
	}
	return n
}

// EncodeFramed writes the body of an inference response: outputs that form wants binary have a binary_data_size in place of data,
// and their bytes follow the JSON in the order of the outputs. Other parameters of outputs are left out, but for the mark of base64:
// Triton's C++ client takes any on an output for the mark of a binary one. Errors are those of [AppendResponse].
// Source: Triton, "Binary Tensor Data Extension".
func EncodeFramed(resp *infer.Response, form OutputForm, o Options) (Framed, error) {
	e := encoder{message: resp, noun: "output", fault: codes.Internal, base64: o.Base64Bytes, data: true, framed: &framing{form: form}}
	text, err := e.finish(e.response())
	if err != nil {
		return Framed{}, err
	}
	return Framed{JSON: text, Binary: e.framed.binary}, nil
}

// framing is what an encoder knows of binary outputs.
type framing struct {
	form   OutputForm
	binary [][]byte
	gapped bool // large data are left for later
	gaps   []gap
}

// announce writes a binary tensor with those parameters.
func (e *encoder) announce(t *infer.Tensor, p infer.Parameters) error {
	pieces, err := t.Pieces()
	if err != nil {
		return e.broken(err)
	}
	size := 0
	for _, piece := range pieces {
		size += len(piece)
	}
	if err := fits(t, size); err != nil {
		return infer.Errorf(e.fault, "%s %s: %w", e.noun, quoted(t.Name), err)
	}
	e.framed.binary = append(e.framed.binary, pieces...)
	e.dst = appendQuoted(appendKey(append(e.dst, '{'), "name"), t.Name)
	e.dst = appendQuoted(appendKey(e.dst, "datatype"), string(t.DataType))
	e.dst = appendShape(appendKey(e.dst, "shape"), t.Shape)
	e.parametersAnd(p, binaryDataSize, strconv.Itoa(size))
	e.dst = append(e.dst, '}')
	return nil
}
