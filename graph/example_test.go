package graph_test

import (
	"context"
	"fmt"

	"google.golang.org/grpc/mem"

	"github.com/manifold-serving/manifold/graph"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/tensorjson"
)

// greeter answers every request with "hello" under its name.
type greeter struct{}

func (greeter) Resolve(target graph.Target) (infer.Handler, error) {
	return infer.HandlerFunc(func(context.Context, *infer.Request) (*infer.Response, error) {
		text := mem.SliceBuffer(infer.RawStrings("hello from " + target.Service))
		return infer.NewResponse(infer.Head{}, []infer.TensorData{{Name: "text", DataType: infer.Bytes, Shape: infer.Shape{1}, Data: text}}), nil
	}), nil
}

func ExampleCompile() {
	spec := graph.Spec{Nodes: map[string]graph.Node{
		"root": {RouterType: "Ensemble", Steps: []graph.StepSpec{{Name: "a", ServiceName: "anna"}, {Name: "b", ServiceName: "bert"}}},
	}}
	plans, err := graph.Compile(map[string]graph.Spec{"greetings": spec}, graph.Options{Resolver: greeter{}, View: tensorjson.View})
	if err != nil {
		fmt.Println(err)
		return
	}
	req := infer.NewRequest(infer.Head{ModelName: "greetings", ID: "7"}, nil, nil)
	defer req.Free()
	resp, err := plans["greetings"].Infer(context.Background(), req)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Free()
	for i := range resp.Tensors() {
		words, _ := infer.Strings(&resp.Tensors()[i])
		fmt.Println(resp.Tensors()[i].Name, words)
	}
	// Output:
	// a.text [hello from anna]
	// b.text [hello from bert]
}
