package onnx

import (
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"
	gomlx "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/onnx-gomlx/onnx"
	"github.com/gomlx/onnx-gomlx/onnx/parser"
)

// network is a model in the library's hands, its weights loaded, ready to be compiled.
// compile may not be called concurrently; plans may run meanwhile.
type network struct {
	backend compute.Backend
	parsed  onnx.Model
	weights *model.Store
	inputs  []value
}

// newNetwork loads a serialized model. Weights outside of it lie in the folder dir.
func newNetwork(contents []byte, dir string, inputs []value) (*network, error) {
	n := &network{weights: model.NewStore(), inputs: inputs}
	err := guard(func() (err error) {
		if n.backend, err = newBackend(); err != nil {
			return err
		}
		if n.parsed, err = parser.Parse(contents); err != nil {
			return err
		}
		n.parsed.WithBaseDir(dir).WithExternalDataReader(external(dir))
		return n.parsed.VariablesToScope(n.weights.RootScope())
	})
	return n, err
}

// compile makes the plan for inputs of the given shapes.
func (n *network) compile(inputs [][]int64) (*plan, error) {
	p := &plan{backend: n.backend}
	for i, dims := range inputs {
		p.inputs = append(p.inputs, libraryShape(datatypes[n.inputs[i].elem], dims))
	}
	err := guard(func() (err error) {
		if p.exec, err = model.NewExec(n.backend, n.weights, n.layOut(p)); err != nil {
			return err
		}
		_, err = p.exec.WithName("model").Compile(p.inputs...)
		return err
	})
	if p.fault != nil { // the same, without the names of the library's insides
		err = p.fault
	}
	return p, err
}

// layOut returns the function with which the library builds the network for p. It
// notes in p what comes out, or what went wrong.
func (n *network) layOut(p *plan) func(*model.Scope, *gomlx.Graph, []*gomlx.Node) []*gomlx.Node {
	return func(scope *model.Scope, g *gomlx.Graph, args []*gomlx.Node) []*gomlx.Node {
		named := make(map[string]*gomlx.Node, len(args))
		for i, arg := range args {
			named[n.inputs[i].name] = arg
		}
		var results []*gomlx.Node
		p.fault = guard(func() error {
			results = n.parsed.CallGraph(scope, g, named)
			return nil
		})
		if p.fault != nil {
			panic(p.fault) // the way to tell the library
		}
		for _, result := range results {
			p.note(result.Shape())
		}
		return results
	}
}

func libraryShape(d datatype, dims []int64) shapes.Shape {
	sizes := make([]int, len(dims))
	for i, size := range dims {
		sizes[i] = int(size)
	}
	return shapes.Make(d.library, sizes...)
}
