package tensorjson

import (
	"bytes"
	"encoding/json"
	"slices"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/infer"
)

var _ infer.View = View

// View appends to dst the document of m on which the conditions of a graph are tested: the REST JSON of the request or response,
// with the model's name in both, and the V1 view of the same tensors, instances or predictions, in TensorFlow Serving's row
// format. One tensor makes a list of its rows, several a list of objects with a row of each; a tensor of shape [] is one row,
// a tensor without elements none, and where tensors have different numbers of rows the objects behind the shorter one's end lack it.
//
// The document is valid JSON whatever the tensors hold: NaN, Infinity and -Infinity are strings, FP16 and BF16 numbers, BYTES
// elements text where they are UTF-8 and base64 elsewhere. The error is INVALID_ARGUMENT when a request is not well formed, and
// INTERNAL when a response is not. Of a message that is a document it is that document, which has to be JSON. Source: TensorFlow Serving, "RESTful API", row format.
func View(dst []byte, m infer.Message, parts infer.ViewParts) ([]byte, error) {
	e := encoder{dst: dst, message: m, noun: "output", fault: codes.Internal, viewed: true, data: parts.Data}
	req, isRequest := m.(*infer.Request)
	rows := "predictions"
	if isRequest {
		e.noun, e.fault, rows = "input", codes.InvalidArgument, "instances"
	}
	if d := m.Document(); d != nil {
		return e.documentView(d)
	}
	var err error
	if isRequest {
		err = e.request(req)
	} else {
		err = e.response()
	}
	if err == nil && parts.Rows {
		e.dst = appendKey(e.dst, rows)
		err = e.rows()
	}
	return e.finish(err)
}

func (e *encoder) documentView(d *infer.Document) ([]byte, error) {
	if !json.Valid(d.Bytes()) {
		return nil, infer.Errorf(e.fault, "the body is not JSON, which a condition reads")
	}
	return append(e.dst, d.Bytes()...), nil
}

// rows writes the tensors in row format.
func (e *encoder) rows() error {
	tensors := e.message.Tensors()
	left := make([]rows, len(tensors))
	for i := range tensors {
		c, err := e.contents(&tensors[i])
		if err != nil {
			return err
		}
		left[i] = newRows(c, &tensors[i])
	}
	write := e.object
	if len(tensors) == 1 {
		write = func(left []rows) error { return e.row(&left[0]) }
	}
	most := len(e.dst) + maxRows*e.message.Size() + 64<<10
	e.dst = append(e.dst, '[')
	for left = withRows(left); len(left) > 0; left = withRows(left) {
		if err := write(left); err != nil {
			return err
		}
		if e.dst = append(e.dst, ','); len(e.dst) > most {
			return infer.Errorf(e.fault, "the rows of the %ss take more than %d times the message; shorten their names", e.noun, maxRows)
		}
	}
	e.dst = append(bytes.TrimSuffix(e.dst, []byte(",")), ']')
	return nil
}

// maxRows bounds the text of rows: with long names, an object a row, it grows with the product of both.
const maxRows = 32

// withRows keeps, in place, those that have rows left.
func withRows(left []rows) []rows {
	return slices.DeleteFunc(left, func(r rows) bool { return r.height == 0 })
}

// object writes the next row of several tensors.
func (e *encoder) object(left []rows) error {
	e.dst = append(e.dst, '{')
	for i := range left {
		if i > 0 {
			e.dst = append(e.dst, ',')
		}
		e.dst = append(appendQuoted(e.dst, left[i].name), ':')
		if err := e.row(&left[i]); err != nil {
			return err
		}
	}
	e.dst = append(e.dst, '}')
	return nil
}

// row writes the next row of r.
func (e *encoder) row(r *rows) (err error) {
	e.dst, err = r.next(e.dst)
	return err
}

// rows are what is left of a tensor's elements along its first axis.
type rows struct {
	contents
	name   string
	height int
	shape  infer.Shape // of one row
}

func newRows(c contents, t *infer.Tensor) rows {
	r := rows{contents: c, name: t.Name, height: 1}
	called, _ := t.Elements() // contents were checked
	switch {
	case c.count == 0: // other dimensions may be of any size
		r.height = 0
	case called != c.count: // BYTES that are not as many as the shape calls for
		r.height = c.count
	case len(t.Shape) > 0:
		r.height, r.shape = int(t.Shape[0]), t.Shape[1:]
	}
	return r
}

// next writes the next row.
func (r *rows) next(dst []byte) ([]byte, error) {
	r.height--
	return r.nested(dst, r.shape)
}

func (r *rows) nested(dst []byte, shape infer.Shape) ([]byte, error) {
	if len(shape) == 0 {
		return r.append(dst, 1)
	}
	dst = append(dst, '[')
	var err error
	if len(shape) == 1 {
		dst, err = r.append(dst, int(shape[0]))
		return append(dst, ']'), err
	}
	for i := range shape[0] {
		if i > 0 {
			dst = append(dst, ',')
		}
		if dst, err = r.nested(dst, shape[1:]); err != nil {
			return dst, err
		}
	}
	return append(dst, ']'), nil
}
