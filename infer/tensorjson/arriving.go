package tensorjson

import (
	"io"

	"github.com/manifold-serving/manifold/infer"
)

// Arriving is a body that is read while it comes.
type Arriving struct {
	Reader io.Reader // ends with io.EOF

	// Window is where text is held that was read and is still needed; its capacity is how much is read at a time, and has to be more than a
	// few KiB. It may be used again once the request is made.
	Window []byte

	// Reserve is asked before so many bytes are held at a time, of text and of tensors; its error ends the reading. Nil: anything goes.
	Reserve func(bytes int) error
}

// DecodeArriving reads the body of an inference request as [DecodeRequest] does, without ever having the whole text: the data of a tensor whose
// name, shape and datatype come before them go from the window straight to where they stay. Data in any other order, and BYTES, are held
// until they can be read. An error of the reader, or of Reserve, is returned as it is.
func DecodeArriving(body Arriving, o Options) (*infer.Request, OutputForm, error) {
	rest := &source{reader: body.Reader, reserve: body.Reserve}
	if err := rest.hold(cap(body.Window), 0); err != nil {
		return nil, OutputForm{}, err
	}
	first := scanner{text: body.Window[:0], source: rest}
	first.reach(longestElement)
	return decodeRequest(first.text, nil, rest, o)
}
