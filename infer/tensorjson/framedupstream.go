package tensorjson

import (
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"

	"github.com/manifold-serving/manifold/infer"
)

// EncodeFramedRequest writes the body of an inference request with all inputs as binary data behind the JSON, and asks for all outputs in
// that form. Errors are those of [AppendRequest]; any datatype and any BYTES will do.
// Source: Triton, "Binary Tensor Data Extension".
func EncodeFramedRequest(req *infer.Request) (Framed, error) {
	e := encoder{message: req, noun: "input", fault: codes.InvalidArgument, data: true, framed: &framing{form: OutputForm{AllBinary: true}}}
	text, err := e.finish(e.request(req))
	if err != nil {
		return Framed{}, err
	}
	return Framed{JSON: text, Binary: e.framed.binary}, nil
}

// DecodeFramedResponse reads the body of an inference response in the framing of the binary tensor extension: the JSON header, and the
// data that follow it, to which the response refers by references of its own. Otherwise it is [DecodeResponse].
// Source: Triton, "Binary Tensor Data Extension".
func DecodeFramedResponse(header []byte, data mem.Buffer) (*infer.Response, error) {
	d := decoder{noun: "output", binary: sections{data: data}}
	err := d.decode(header, keyOutputs)
	if err == nil {
		err = d.binary.complete()
	}
	if err != nil {
		return nil, infer.Errorf(codes.Internal, "%w", err)
	}
	for _, s := range d.binary.taken {
		d.tensors[s.tensor].Data = data.Slice(s.from, s.to)
	}
	return infer.NewResponse(d.head, d.tensors), nil
}
