package tensorjson

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/manifold-serving/manifold/infer"
)

// The parameter by which MLServer and its clients mark BYTES in base64.
const (
	contentType   = "content_type"
	contentBase64 = "base64"
)

// eager is what has to be known of a tensor for its data to be read on the way.
const eager = 1<<keyName | 1<<keyShape | 1<<keyDatatype

// data moves past the data, and reads them when all that they depend on came before; BYTES depend on parameters too.
func (d *decoder) data(in *input) error {
	if d.peek() != '[' {
		return badJSON("its data are %s; send an array, flat in row-major order", d.token())
	}
	if in.had&eager == eager && in.DataType != infer.Bytes {
		return d.read(in, &d.scanner)
	}
	in.from, in.to = d.extent()
	return nil
}

// finish checks the tensor when its object is closed, and reads data that waited.
func (d *decoder) finish(in *input) error {
	switch {
	case in.Name == "":
		return badJSON(`it has no "name"`)
	case in.DataType == "":
		return badJSON(`it has no "datatype"`)
	case in.had&(1<<keyShape) == 0:
		return badJSON(`it has no "shape"`)
	case in.Parameters.NameMemory():
		return in.finishMemory()
	case in.binary:
		return d.finishBinary(in)
	case in.to > 0:
		return d.read(in, &scanner{text: d.text[:in.to], at: in.from, depth: d.depth + 1, past: d.past})
	case in.had&(1<<keyData) != 0:
		return nil
	}
	n, err := count(in.Shape)
	if err == nil && n > 0 {
		err = errors.New(`it has no "data"`)
	}
	return err
}

// read turns the array at s's place into raw bytes.
func (d *decoder) read(in *input, s *scanner) error {
	if err := hasJSON(in.DataType); err != nil {
		return err
	}
	most, err := count(in.Shape)
	if err != nil {
		return err
	}
	e := elements{scanner: s, datatype: in.DataType, most: most}
	text := len(s.text) - s.at
	if in.DataType == infer.Bytes {
		e.base64 = in.takeBase64()
		e.reserve(text)
	} else if err := e.grow(room(in.DataType, most, text)); err != nil {
		return err
	}
	in.raw, err = e.read()
	return err
}

// hasJSON refuses the datatypes that have no JSON form; of those that a model is said to have, one may be none of the protocol's.
func hasJSON(d infer.DataType) error {
	switch {
	case !d.Known():
		return fmt.Errorf("datatype %s is not one of %v", quoted(string(d)), infer.DataTypes())
	case !d.Typed():
		return fmt.Errorf("%s has no JSON form; send it as binary data or over gRPC", d)
	}
	return nil
}

func count(s infer.Shape) (int, error) {
	n, ok := s.Elements()
	if !ok {
		return 0, fmt.Errorf("shape %v is too large; its dimensions multiply to the number of elements", s)
	}
	return n, nil
}

// takeBase64 reports whether the elements are in base64, and takes the mark away: it tells of the text, not of the tensor.
func (in *input) takeBase64() bool {
	value, _ := in.Parameters.Lookup(contentType)
	if value != contentBase64 {
		return false
	}
	in.Parameters = slices.DeleteFunc(in.Parameters, func(p infer.Parameter) bool { return p.Key == contentType })
	return true
}

// finishMemory checks a tensor that is in shared memory.
func (in *input) finishMemory() error {
	if in.binary || in.had&(1<<keyData) != 0 {
		return errors.New("it is in shared memory and in the body; send it one way")
	}
	_, err := count(in.Shape)
	return err
}

// unframed is [unframed] for a tensor, which may be in shared memory where that is open.
func (d *decoder) unframed(p infer.Parameters, cure string) (infer.Parameters, error) {
	var memory, others infer.Parameters
	for _, entry := range p {
		if d.shared && strings.HasPrefix(entry.Key, "shared_memory_") {
			memory = append(memory, entry)
		} else {
			others = append(others, entry)
		}
	}
	others, err := unframed(others, cure)
	return append(others, memory...), err
}

// unframed is p without what describes one hop's transfer. Data that are not in the body are refused with that cure.
func unframed(p infer.Parameters, cure string) (infer.Parameters, error) {
	for _, entry := range p {
		switch {
		case !infer.FramesTransfer(entry.Key):
		case entry.Key == binaryDataSize:
			return nil, fmt.Errorf("binary_data_size announces binary data, but the body is all JSON; %s", cure)
		case strings.HasPrefix(entry.Key, "shared_memory_"):
			return nil, fmt.Errorf("%s: shared memory cannot be reached through the gateway; %s", entry.Key, cure)
		}
	}
	return slices.DeleteFunc(p, func(e infer.Parameter) bool { return infer.FramesTransfer(e.Key) }), nil
}
