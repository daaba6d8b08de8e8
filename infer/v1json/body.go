package v1json

import (
	"errors"
	"fmt"
	"strings"

	"google.golang.org/grpc/mem"

	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/tensorjson"
)

// Form is which of the two forms a body has; its answer has the same.
type Form int

// The forms.
const (
	Rows    Form = iota // instances, answered with predictions
	Columns             // inputs, answered with outputs
)

// body reads the tensors of one.
type body struct {
	reader  *tensorjson.Reader
	noun    string // input or output
	known   []infer.TensorMetadata
	index   map[string]int // of known, by name
	columns []*column      // beside known; nil where there is no value yet
	used    int            // columns that are not nil
}

func newBody(r *tensorjson.Reader, noun string, known []infer.TensorMetadata) *body {
	index := make(map[string]int, len(known))
	for i := range known {
		index[known[i].Name] = i
	}
	return &body{reader: r, noun: noun, known: known, index: index, columns: make([]*column, len(known))}
}

// column finds a tensor by its name.
func (b *body) column(name []byte) (*column, error) {
	if i, known := b.index[string(name)]; known {
		return b.at(i)
	}
	return nil, fmt.Errorf("there is no %s %s; the model takes %s", b.noun, tensorjson.Shown(string(name)), b.names())
}

func (b *body) at(i int) (*column, error) {
	if b.columns[i] == nil {
		c, err := newColumn(b.reader, b.known[i])
		if err != nil {
			return nil, b.place(b.known[i].Name, err)
		}
		b.columns[i] = c
		b.used++
	}
	return b.columns[i], nil
}

func (b *body) names() string {
	names := make([]string, len(b.known))
	for i := range b.known {
		names[i] = b.known[i].Name
	}
	return "[" + strings.Join(names, ", ") + "]"
}

func (b *body) place(name string, err error) error {
	return fmt.Errorf("%s %s: %w", b.noun, tensorjson.Shown(name), err)
}

// sole is the tensor that a body without names means.
func (b *body) sole() (*column, error) {
	if len(b.known) != 1 {
		return nil, fmt.Errorf("the model takes %d %ss, %s; send objects with a value for each name", len(b.known), b.noun, b.names())
	}
	return b.at(0)
}

// bare reads a tensor without a name.
func (b *body) bare() error {
	c, err := b.sole()
	if err != nil {
		return err
	}
	if err = c.value(); err != nil {
		return b.place(c.Name, err)
	}
	return nil
}

// inColumns reads a tensor, or an object of tensors.
func (b *body) inColumns() error {
	if !b.named(b.reader) {
		return b.bare()
	}
	return b.reader.Object(func(key []byte) error {
		c, err := b.column(key)
		if err != nil {
			return err
		}
		if c.values > 0 {
			return b.place(c.Name, errTwice)
		}
		if err = c.value(); err != nil {
			return b.place(c.Name, err)
		}
		return nil
	})
}

var errTwice = errors.New("it is there twice; send it once")

// named reports whether the value at r's place is an object of values by name, and not {"b64": …}.
func (b *body) named(r *tensorjson.Reader) bool {
	if r.Peek() != '{' {
		return false
	}
	if !r.Tagged() {
		return true
	}
	_, known := b.index["b64"]
	return known
}

// inRows reads a list of values, or of objects of values.
func (b *body) inRows() error {
	if b.reader.Peek() != '[' {
		return fmt.Errorf("they are %s; send a list of rows", b.reader.Token())
	}
	if !b.namedRows() {
		return b.bare()
	}
	rows := 0
	err := b.reader.Array(func() error {
		if !b.named(b.reader) {
			return fmt.Errorf("row %d is %s; send objects as in the rows before", rows, b.reader.Token())
		}
		if err := b.row(rows); err != nil {
			return err
		}
		rows++
		return nil
	})
	for _, c := range b.columns {
		if c != nil {
			c.rows = rows
			c.inRows = true
		}
	}
	return err
}

// namedRows looks at the first row.
func (b *body) namedRows() bool {
	ahead, named := b.reader.Ahead(), false
	_ = ahead.Array(func() error { // what is wrong with it is found when it is read
		named = b.named(ahead)
		return errLooked
	})
	return named
}

var errLooked = errors.New("the first row was seen")

// row reads the object of one row, which has the names of all others.
func (b *body) row(number int) error {
	found := 0
	err := b.reader.Object(func(key []byte) error {
		c, err := b.column(key)
		switch {
		case err != nil:
			return fmt.Errorf("row %d: %w", number, err)
		case c.values > number:
			err = errTwice
		case c.values < number:
			err = fmt.Errorf("row %d is without it; each row has the same names", c.values)
		default:
			found++
			if err = c.value(); err != nil {
				err = fmt.Errorf("row %d: %w", number, err)
			}
		}
		if err != nil {
			return b.place(c.Name, err)
		}
		return nil
	})
	if err != nil || found == b.used {
		return err
	}
	for _, c := range b.columns {
		if c != nil && c.values == number {
			return b.place(c.Name, fmt.Errorf("row %d is without it; each row has the same names", number))
		}
	}
	return nil
}

// tensors are those that have values, in the order of the metadata.
func (b *body) tensors() ([]infer.TensorData, error) {
	all := make([]infer.TensorData, 0, b.used)
	for _, c := range b.columns {
		if c == nil {
			continue
		}
		shape, err := c.shape()
		if err != nil {
			return nil, b.place(c.Name, err)
		}
		all = append(all, infer.TensorData{Name: c.Name, DataType: c.DataType, Shape: shape, Data: mem.SliceBuffer(c.elements.Raw())})
	}
	return all, nil
}
