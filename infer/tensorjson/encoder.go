package tensorjson

import (
	"fmt"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/infer"
)

// encoder writes one message.
type encoder struct {
	dst     []byte
	message infer.Message
	noun    string     // of a tensor, as the message has it
	fault   codes.Code // of a message that breaks the protocol: whoever sent it
	base64  bool       // BYTES that are not text go in base64
	data    bool       // tensors have data
	viewed  bool       // the document is for conditions
	framed  *framing   // of a response with binary outputs
}

// AppendResponse appends the JSON body of an inference response to dst, and takes nothing over. Data are flat.
//
// The error is INVALID_ARGUMENT when JSON cannot carry an output, FP16, BF16 and BYTES that are not UTF-8 (see
// [Options.Base64Bytes]), and tells what to ask for instead; INTERNAL when the response is not well formed.
// Source: OIP v2, "Inference Response JSON Object".
func AppendResponse(dst []byte, resp *infer.Response, o Options) ([]byte, error) {
	e := encoder{dst: dst, message: resp, noun: "output", fault: codes.Internal, base64: o.Base64Bytes, data: true}
	return e.finish(e.response())
}

// AppendRequest appends the JSON body of an inference request to dst, and takes nothing over. Data are flat. The model's name is
// not in it: the URL has that. The error is INVALID_ARGUMENT when JSON cannot carry an input, or the request is not well formed.
// Source: OIP v2, "Inference Request JSON Object".
func AppendRequest(dst []byte, req *infer.Request, o Options) ([]byte, error) {
	e := encoder{dst: dst, message: req, noun: "input", fault: codes.InvalidArgument, base64: o.Base64Bytes, data: true}
	return e.finish(e.request(req))
}

func (e *encoder) finish(err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	return append(e.dst, '}'), nil
}

func (e *encoder) response() error {
	e.begin()
	e.model()
	if err := e.headParameters(); err != nil {
		return err
	}
	return e.tensors("outputs")
}

func (e *encoder) request(req *infer.Request) error {
	e.begin()
	if e.viewed {
		e.model()
	}
	if err := e.headParameters(); err != nil {
		return err
	}
	if err := e.tensors("inputs"); err != nil {
		return err
	}
	return e.requested(req)
}

// begin opens the body with the id, which is absent out when it was absent in.
func (e *encoder) begin() {
	e.dst = append(e.dst, '{')
	if id := e.message.ID(); id != "" {
		e.dst = appendQuoted(appendKey(e.dst, "id"), id)
	}
}

func (e *encoder) model() {
	e.dst = appendQuoted(appendKey(e.dst, "model_name"), e.message.ModelName())
	e.dst = appendQuoted(appendKey(e.dst, "model_version"), e.message.ModelVersion())
}

func (e *encoder) headParameters() error {
	p, err := e.message.Parameters()
	if err != nil {
		return e.broken(err)
	}
	if e.framed != nil && e.noun == "input" {
		e.parametersAnd(p, binaryDataOutput, "true")
		return nil
	}
	e.parameters(p)
	return nil
}

// broken is err as the fault of whoever sent the message.
func (e *encoder) broken(err error) error {
	return &infer.Error{Code: e.fault, Reason: infer.AsError(err).Reason, Cause: err}
}

func (e *encoder) tensors(key string) error {
	e.dst = append(appendKey(e.dst, key), '[')
	tensors := e.message.Tensors()
	for i := range tensors {
		if i > 0 {
			e.dst = append(e.dst, ',')
		}
		if err := e.tensor(&tensors[i]); err != nil {
			return err
		}
	}
	e.dst = append(e.dst, ']')
	return nil
}

func (e *encoder) tensor(t *infer.Tensor) error {
	p, err := t.Parameters()
	if err != nil {
		return e.broken(err)
	}
	data := e.data
	if e.framed != nil {
		if e.noun == "output" {
			p = nil
		}
		if e.framed.form.Binary(t.Name) {
			return e.announce(t, p)
		}
		data = data && !e.framed.form.Memory[t.Name]
	}
	var c contents
	var later bool
	if data {
		if later, err = e.leaves(t); err == nil && !later {
			c, err = e.contents(t)
		}
		if err != nil {
			return err
		}
	}
	if c.form == base64s {
		p = append(p, infer.Parameter{Key: contentType, Value: contentBase64})
	}
	e.dst = appendQuoted(appendKey(append(e.dst, '{'), "name"), t.Name)
	e.dst = appendQuoted(appendKey(e.dst, "datatype"), string(t.DataType))
	e.dst = appendShape(appendKey(e.dst, "shape"), t.Shape)
	e.parameters(p)
	if data {
		e.dst = append(appendKey(e.dst, "data"), '[')
		if e.dst, err = c.append(e.dst, c.count); err != nil {
			return e.notJSON(t, err)
		}
		if later {
			e.framed.gaps[len(e.framed.gaps)-1].at = len(e.dst)
		}
		e.dst = append(e.dst, ']')
	}
	e.dst = append(e.dst, '}')
	return nil
}

// contents are t's elements, checked, in the form that they can take.
func (e *encoder) contents(t *infer.Tensor) (contents, error) {
	f := plain
	if e.viewed {
		f = viewed
	}
	raw, err := t.Bytes()
	if err != nil {
		return contents{}, e.broken(err)
	}
	c, err := newContents(t, raw, f)
	if err != nil {
		return c, infer.Errorf(e.fault, "%s %s: %w", e.noun, quoted(t.Name), err)
	}
	if f == plain && (t.DataType == infer.FP16 || t.DataType == infer.BF16) {
		return c, e.notJSON(t, fmt.Errorf("%s has no JSON form", t.DataType))
	}
	if e.base64 && t.DataType == infer.Bytes && !c.text() {
		c.form = base64s
	}
	return c, nil
}

// notJSON refuses a tensor that JSON cannot carry.
func (e *encoder) notJSON(t *infer.Tensor, err error) error {
	cure := `ask for it as binary data ("parameters":{"binary_data":true}) or over gRPC`
	if e.noun == "input" {
		cure = "send it as binary data or over gRPC"
	}
	return infer.Errorf(codes.InvalidArgument, "%s %s: %w; %s", e.noun, quoted(t.Name), err, cure)
}

// requested writes the outputs that are asked for.
func (e *encoder) requested(req *infer.Request) error {
	outputs, err := req.Outputs()
	if err != nil || len(outputs) == 0 {
		return err
	}
	e.dst = append(appendKey(e.dst, "outputs"), '[')
	for i := range outputs {
		if i > 0 {
			e.dst = append(e.dst, ',')
		}
		e.dst = appendQuoted(appendKey(append(e.dst, '{'), "name"), outputs[i].Name)
		if e.framed != nil {
			e.parametersAnd(outputs[i].Parameters, binaryData, "true")
		} else {
			e.parameters(outputs[i].Parameters)
		}
		e.dst = append(e.dst, '}')
	}
	e.dst = append(e.dst, ']')
	return nil
}
