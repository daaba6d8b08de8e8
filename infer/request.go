package infer

import (
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
)

// Request is a ModelInferRequest. The zero Request is not valid; see [ParseRequest] and [NewRequest].
type Request struct{ message }

var _ Message = (*Request)(nil)

// ParseRequest reads the wire bytes of a ModelInferRequest. It takes one reference on buffers over, which the Request's Free
// gives back; when it fails the reference is gone. The error is INVALID_ARGUMENT. Tensors are checked by [Request.Validate].
func ParseRequest(buffers mem.BufferSlice) (*Request, error) {
	return adoptRequest(buffers, true)
}

// adoptRequest points the tensors, which refer to their message, at its final place.
func adoptRequest(buffers mem.BufferSlice, bounded bool) (*Request, error) {
	r := &Request{message{wire: newWire(buffers), kind: requestKind}}
	if err := r.scan(bounded); err != nil {
		buffers.Free()
		return nil, err
	}
	return r, nil
}

// RequestedOutput names an output that the client wants.
type RequestedOutput struct {
	Name       string
	Parameters Parameters
}

// Outputs are the requested outputs; none means all. INVALID_ARGUMENT when one is malformed, has no name or is asked for twice.
func (r *Request) Outputs() ([]RequestedOutput, error) {
	var all []RequestedOutput
	seen := map[string]bool{}
	for _, f := range r.fields {
		if f.number != requestOutputs {
			continue
		}
		output, err := r.wire.requestedOutput(f.value)
		if err != nil {
			return nil, invalid("requested output %d: %w", len(all), err)
		}
		if output.Name == "" {
			return nil, invalid("requested output %d has no name", len(all))
		}
		if seen[output.Name] {
			return nil, invalid("output %q already exists in request; ask for each output once", output.Name)
		}
		seen[output.Name] = true
		all = append(all, output)
	}
	return all, nil
}

func (w wire) requestedOutput(entry span) (RequestedOutput, error) {
	var output RequestedOutput
	err := w.fields(entry, func(f field) error {
		if f.number <= outputParameters && f.kind != protowire.BytesType {
			return errWireType
		}
		switch f.number {
		case outputName:
			output.Name = string(w.view(f.value))
		case outputParameters:
			p, err := w.parameter(f.value)
			output.Parameters = append(output.Parameters, p)
			return err
		}
		return nil
	})
	return output, err
}

// Validate checks everything that the protocol asks of a request, whatever the model: each input has a name of its own, a known
// datatype, a shape, and data of exactly that many elements; requested outputs are named once; parameters are well formed.
// The error is INVALID_ARGUMENT, names the tensor and tells the cure.
func (r *Request) Validate() error {
	seen := make(map[string]struct{}, len(r.tensors))
	for i := range r.tensors {
		t := &r.tensors[i]
		if err := t.Validate(); err != nil {
			return err
		}
		if _, twice := seen[t.Name]; twice {
			return invalid("%s is sent twice", t.label())
		}
		seen[t.Name] = struct{}{}
		p, err := t.Parameters()
		if err != nil {
			return err
		}
		if p.NameMemory() && (t.isRaw || t.typed()) {
			return invalid("%s is in shared memory and in the message; send it one way", t.label())
		}
	}
	if _, err := r.Outputs(); err != nil {
		return err
	}
	_, err := r.Parameters()
	return err
}

// NewRequest builds a request in raw form. It takes the inputs' data over.
func NewRequest(h Head, inputs []TensorData, outputs []RequestedOutput) *Request {
	made := new(struct {
		Request
		room
	})
	b := made.builder(ownSize(&h, inputs, outputs))
	b.head(h)
	for i := range outputs {
		at := len(b.own)
		b.own = protowire.AppendTag(b.own, outputName, protowire.BytesType)
		b.own = protowire.AppendString(b.own, outputs[i].Name)
		b.own = appendParameters(b.own, outputParameters, outputs[i].Parameters)
		b.own = nest(b.own, at, requestOutputs)
	}
	b.data(requestRaw, inputs)
	made.Request.message = made.room.message(requestKind, b.finish(), &h, inputs)
	made.mustScan()
	return &made.Request
}

// Edit returns r with the changes of e. The two share their bytes; each is freed on its own.
func (r *Request) Edit(e Edit) *Request { return mustRequest(r.edit(e)).with(r.document) }

// mustRequest parses what the gateway itself wrote.
func mustRequest(buffers mem.BufferSlice) *Request {
	r, err := adoptRequest(buffers, false)
	if err != nil {
		panic("infer: a splice broke the message: " + err.Error())
	}
	return r
}
