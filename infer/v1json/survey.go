package v1json

import (
	"errors"
	"fmt"

	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/tensorjson"
)

// survey finds the names and the datatypes of tensors that nothing describes.
type survey struct {
	reader  *tensorjson.Reader
	classes map[string]*classes
	order   []string
}

// classes are those that the elements of one tensor have, a bit each.
type classes struct{ set uint }

func (c *classes) add(class tensorjson.Class) { c.set |= 1 << class }

// look moves past a value: an object of tensors, a list of such objects, or one tensor that is then named so.
func (s *survey) look(name string) error {
	switch s.reader.Peek() {
	case '{':
		if !s.reader.Tagged() {
			return s.object()
		}
	case '[':
		return s.list(name)
	}
	c, err := s.of(name)
	if err != nil {
		return err
	}
	return s.value(c)
}

func (s *survey) list(name string) error {
	rows := 0
	err := s.reader.Array(func() error {
		rows++
		if s.reader.Peek() == '{' && !s.reader.Tagged() {
			return s.object()
		}
		c, err := s.of(name)
		if err != nil {
			return err
		}
		return s.value(c)
	})
	if err == nil && rows == 0 {
		_, err = s.of(name)
	}
	return err
}

func (s *survey) object() error {
	return s.reader.Object(func(key []byte) error {
		c, err := s.of(string(key))
		if err != nil {
			return err
		}
		if err := s.value(c); err != nil {
			return fmt.Errorf("%s: %w", tensorjson.Shown(string(key)), err)
		}
		return nil
	})
}

func (s *survey) of(name string) (*classes, error) {
	c := s.classes[name]
	if c != nil {
		return c, nil
	}
	if len(s.order) == infer.MaxTensors {
		return nil, fmt.Errorf("more than %d names", infer.MaxTensors)
	}
	c = &classes{}
	s.classes[name] = c
	s.order = append(s.order, name)
	return c, nil
}

// value moves past a value of one tensor.
func (s *survey) value(c *classes) error {
	if s.reader.Peek() == '[' {
		return s.reader.Array(func() error { return s.value(c) })
	}
	if s.reader.Peek() == '{' && !s.reader.Tagged() {
		return errors.New("objects lie within it")
	}
	class, err := s.reader.Element()
	if err != nil {
		return err
	}
	c.add(class)
	return nil
}

// metadata describes what was found; of shapes it knows nothing.
func (s *survey) metadata() ([]infer.TensorMetadata, error) {
	all := make([]infer.TensorMetadata, len(s.order))
	for i, name := range s.order {
		datatype, err := s.classes[name].datatype()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", tensorjson.Shown(name), err)
		}
		all[i] = infer.TensorMetadata{Name: name, DataType: datatype, Shape: infer.Shape{-1}}
	}
	return all, nil
}

// datatype is one that holds all elements; of none it is FP64.
func (c *classes) datatype() (infer.DataType, error) {
	const whole = 1<<tensorjson.Integer | 1<<tensorjson.Negative
	const natural = 1<<tensorjson.Integer | 1<<tensorjson.Natural
	const numbers = whole | natural | 1<<tensorjson.Number
	switch {
	case c.set == 1<<tensorjson.Text:
		return infer.Bytes, nil
	case c.set == 1<<tensorjson.Truth:
		return infer.Bool, nil
	case c.set != 0 && c.set&^whole == 0:
		return infer.Int64, nil
	case c.set != 0 && c.set&^natural == 0:
		return infer.Uint64, nil
	case c.set&^numbers != 0:
		return "", errors.New("it mixes strings, numbers, true and false")
	}
	return infer.FP64, nil
}
