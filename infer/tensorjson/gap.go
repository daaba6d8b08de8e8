package tensorjson

import (
	"fmt"
	"io"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/infer"
)

// gap is a place in a body where the data of a tensor belong, which are made into text when the body is written.
type gap struct {
	at     int // in the JSON
	data   contents
	pieces [][]byte // of the raw data
}

// Of a tensor that is written block by block.
const (
	leastGap = 256 << 10 // bytes of raw data; less goes with the rest
	atATime  = 16 << 10  // elements
)

// EncodeLater is [EncodeFramed] for a body whose large tensors are made into text by [Framed.WriteTo], block by block, so that memory follows the
// tensors and not their text. All that can be wrong is found now. An answer with binary data, whose header tells how long the JSON is, has
// no such tensors.
func EncodeLater(resp *infer.Response, form OutputForm, o Options) (Framed, error) {
	e := encoder{message: resp, noun: "output", fault: codes.Internal, base64: o.Base64Bytes, data: true, framed: &framing{form: form, gapped: true}}
	tensors := resp.Tensors()
	for i := range tensors {
		e.framed.gapped = e.framed.gapped && !form.Binary(tensors[i].Name)
	}
	text, err := e.finish(e.response())
	if err != nil {
		return Framed{}, err
	}
	return Framed{JSON: text, Binary: e.framed.binary, gaps: e.framed.gaps}, nil
}

// Whole reports whether JSON and Binary are all of the body.
func (f Framed) Whole() bool { return len(f.gaps) == 0 }

// WriteTo writes the body to w, in blocks of some hundred KiB. The response must not be freed before it returns.
func (f Framed) WriteTo(w io.Writer) (int64, error) {
	out := &blocks{w: w}
	at := 0
	for i := range f.gaps {
		g := &f.gaps[i]
		out.write(f.JSON[at:g.at])
		at = g.at
		g.writeTo(out)
	}
	out.write(f.JSON[at:])
	for _, piece := range f.Binary {
		out.write(piece)
	}
	return out.written, out.err
}

// blocks are what a body is written in. After an error nothing more is written.
type blocks struct {
	w       io.Writer
	text    []byte // room for one, which grows with the first
	written int64
	err     error
}

func (b *blocks) write(text []byte) {
	if b.err == nil {
		var n int
		n, b.err = b.w.Write(text)
		b.written += int64(n)
	}
}

// leaves notes data of t that are written later, at a place that is still to be told; false when they are to be written now.
func (e *encoder) leaves(t *infer.Tensor) (bool, error) {
	size := t.DataType.Size()
	if e.framed == nil || !e.framed.gapped || size == 0 {
		return false, nil
	}
	if n, ok := t.Shape.Elements(); ok && n < leastGap/size {
		return false, nil // or it does not fit its shape, which is found soon
	}
	pieces, err := t.Pieces()
	if err != nil {
		return false, e.broken(err)
	}
	length := 0
	for _, piece := range pieces {
		length += len(piece)
	}
	if err := fits(t, length); err != nil {
		return false, infer.Errorf(e.fault, "%s %s: %w", e.noun, quoted(t.Name), err)
	}
	if !t.DataType.Typed() {
		return false, e.notJSON(t, fmt.Errorf("%s has no JSON form", t.DataType))
	}
	e.framed.gaps = append(e.framed.gaps, gap{data: contents{datatype: t.DataType, count: length / size}, pieces: pieces})
	return true, nil
}

// writeTo writes the elements of all pieces; one may lie across several.
func (g *gap) writeTo(out *blocks) {
	size := g.data.datatype.Size()
	var split []byte
	for _, piece := range g.pieces {
		if len(split) > 0 {
			n := min(size-len(split), len(piece))
			split, piece = append(split, piece[:n]...), piece[n:]
			if len(split) < size {
				continue
			}
			g.write(out, split)
			split = split[:0]
		}
		whole := len(piece) / size * size
		g.write(out, piece[:whole])
		split = append(split, piece[whole:]...)
	}
}

// write writes the elements in raw.
func (g *gap) write(out *blocks, raw []byte) {
	size := g.data.datatype.Size()
	for len(raw) > 0 && out.err == nil {
		n := min(len(raw)/size, atATime)
		g.data.raw, raw = raw[:n*size], raw[n*size:]
		text, err := g.data.append(out.text[:0], n)
		if g.data.done < g.data.count {
			text = append(text, ',')
		}
		out.text = text
		out.write(text)
		if out.err == nil {
			out.err = err
		}
	}
}
