package infer

import "google.golang.org/grpc/mem"

// Response is a ModelInferResponse. The zero Response is not valid; see [ParseResponse] and [NewResponse].
type Response struct{ message }

var _ Message = (*Response)(nil)

// ParseResponse reads the wire bytes of a ModelInferResponse. It takes one reference on buffers over, which the Response's
// Free gives back; when it fails the reference is gone. The error is INTERNAL: the fault is the server's.
func ParseResponse(buffers mem.BufferSlice) (*Response, error) {
	return adoptResponse(buffers, true)
}

func adoptResponse(buffers mem.BufferSlice, bounded bool) (*Response, error) {
	r := &Response{message{wire: newWire(buffers), kind: responseKind}}
	if err := r.scan(bounded); err != nil {
		buffers.Free()
		return nil, serverFault(err)
	}
	return r, nil
}

// Validate is [Tensor.Validate] for each output. The error is INTERNAL: the fault is the server's.
func (r *Response) Validate() error {
	for i := range r.tensors {
		if err := r.tensors[i].Validate(); err != nil {
			return serverFault(err)
		}
	}
	return nil
}

// NewResponse builds a response in raw form. It takes the outputs' data over.
func NewResponse(h Head, outputs []TensorData) *Response {
	made := new(struct {
		Response
		room
	})
	b := made.builder(ownSize(&h, outputs, nil))
	b.head(h)
	b.data(responseRaw, outputs)
	made.Response.message = made.room.message(responseKind, b.finish(), &h, outputs)
	made.mustScan()
	return &made.Response
}

// Edit returns r with the changes of e and takes r over.
func (r *Response) Edit(e Edit) *Response {
	defer r.Free()
	return mustResponse(r.edit(e)).with(r.document)
}

// mustResponse parses what the gateway itself wrote.
func mustResponse(buffers mem.BufferSlice) *Response {
	r, err := adoptResponse(buffers, false)
	if err != nil {
		panic("infer: a splice broke the message: " + err.Error())
	}
	return r
}
