package infer

import "context"

// Reply is one message of a streamed answer: a response, or an error in its place. A response beside an error has no outputs, only
// its model, id and parameters; it may be nil. Source: Triton, ModelStreamInferResponse.
type Reply struct {
	Response *Response
	Err      *Error
}

// Streamer answers a request with any number of responses.
type Streamer interface {
	// Stream borrows req and gives each message of the answer to yield, in order and from one goroutine at a time; yield owns the
	// response from then on. It returns nil after the last one, also when that was an error of the model: those go to yield. An
	// error that Stream returns means that the answer broke off, or never began, and is the caller's to tell; one of yield's
	// ends the stream and is returned.
	//
	// Every message has the bool parameter [FinalResponse]. A last one without outputs, which only says that the answer is
	// complete, comes when req has [EnableEmptyFinalResponse] set and the model may answer other than once.
	Stream(ctx context.Context, req *Request, yield func(Reply) error) error
}

// The parameters of streams. Source: Triton, "Decoupled Backends and Models".
const (
	FinalResponse            = "triton_final_response"
	EnableEmptyFinalResponse = "triton_enable_empty_final_response"
)

// StreamOnce is Stream for a model that answers every request once: its response, marked as the final one.
func StreamOnce(ctx context.Context, h Handler, req *Request, yield func(Reply) error) error {
	resp, err := h.Infer(ctx, req)
	if err != nil {
		return err
	}
	return yield(Reply{Response: resp.Final(true)})
}

// Final is r saying whether it is the last of its stream. It takes r over.
func (r *Response) Final(last bool) *Response {
	return r.Edit(Edit{
		DropParameter: func(key string) bool { return key == FinalResponse },
		AddParameters: Parameters{{FinalResponse, last}},
	})
}

// IsFinal reports whether r says that it is the last of its stream; one that says nothing is.
func (r *Response) IsFinal() bool {
	p, err := r.Parameters()
	if err != nil {
		return true
	}
	last, said := p.Lookup(FinalResponse)
	return !said || last == true
}

// WantsEmptyFinal reports whether the client of req wants to be told that its answer is complete.
func (r *Request) WantsEmptyFinal() bool {
	p, err := r.Parameters()
	if err != nil {
		return false
	}
	wants, _ := p.Lookup(EnableEmptyFinalResponse)
	return wants == true
}
