package onnx

import (
	"errors"
	"fmt"
)

// graph is what a model file says about itself, apart from the weights. It is read
// here, and not asked of the library, because the library hides the operators and
// panics on files that leave something out.
type graph struct {
	found     bool
	opset     uint64 // version of the standard operators; 0 if the file does not say
	operators []operator
	inputs    []value
	outputs   []value
	weights   map[string]bool
}

// operator is one node of a graph.
type operator struct {
	node, domain, name string
}

// value is an input or output of a graph.
type value struct {
	name   string
	tensor bool
	elem   uint64 // TensorProto.DataType
	shaped bool
	dims   []dim
}

// dim is the size of an axis: fixed, or -1 and perhaps named. Axes of one name have
// one size.
type dim struct {
	size int64
	name string
}

// maxNesting bounds graphs within operators within graphs.
const maxNesting = 32

var errNesting = errors.New("graphs are nested too deeply")

// readGraph reads a serialized ModelProto.
// Source: onnx.proto, whose field numbers these are.
func readGraph(model []byte) (*graph, error) {
	g := &graph{weights: map[string]bool{}}
	err := eachField(model, func(f field) error {
		switch f.id {
		case 7: // graph
			g.found = true
			return g.readMain(f.value)
		case 8: // opset_import
			return g.readOpset(f.value)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("not an ONNX file: %w", err)
	}
	if !g.found || len(g.outputs) == 0 {
		return nil, errors.New("not an ONNX file: it has no graph with outputs")
	}
	return g, nil
}

func (g *graph) readOpset(message []byte) error {
	var domain string
	var version uint64
	err := eachField(message, func(f field) error {
		switch f.id {
		case 1:
			domain = string(f.value)
		case 2:
			version = f.number
		}
		return nil
	})
	if domain == "" || domain == "ai.onnx" {
		g.opset = version
	}
	return err
}

// readMain reads the GraphProto of the model.
func (g *graph) readMain(message []byte) error {
	err := eachField(message, func(f field) error {
		switch f.id {
		case 5: // initializer
			name, err := fieldText(f.value, 8)
			g.weights[name] = true
			return err
		case 11: // input
			v, err := readValue(f.value)
			g.inputs = append(g.inputs, v)
			return err
		case 12: // output
			v, err := readValue(f.value)
			g.outputs = append(g.outputs, v)
			return err
		}
		return nil
	})
	if err != nil {
		return err
	}
	return g.readOperators(message, 0)
}

// readOperators collects the nodes of a GraphProto and of the graphs inside them.
func (g *graph) readOperators(message []byte, depth int) error {
	if depth > maxNesting {
		return errNesting
	}
	return eachField(message, func(f field) error {
		if f.id != 1 { // node
			return nil
		}
		return g.readNode(f.value, depth)
	})
}

func (g *graph) readNode(message []byte, depth int) error {
	var op operator
	err := eachField(message, func(f field) error {
		switch f.id {
		case 3:
			op.node = string(f.value)
		case 4:
			op.name = string(f.value)
		case 5: // attribute
			return g.readAttribute(f.value, depth)
		case 7:
			op.domain = string(f.value)
		}
		return nil
	})
	g.operators = append(g.operators, op)
	return err
}

func (g *graph) readAttribute(message []byte, depth int) error {
	return eachField(message, func(f field) error {
		if f.id != 6 && f.id != 11 { // g, graphs
			return nil
		}
		return g.readOperators(f.value, depth+1)
	})
}

// fieldText returns the text of field id of message.
func fieldText(message []byte, id int32) (text string, err error) {
	err = eachField(message, func(f field) error {
		if f.id == id {
			text = string(f.value)
		}
		return nil
	})
	return text, err
}
