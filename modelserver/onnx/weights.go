package onnx

import (
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// dropWeightInputs takes the inputs out of g that are weights of the model with a
// default value, and returns the serialized model without them. Files of IR version 3
// and older had to list every weight that way; the library would ask callers for them.
func dropWeightInputs(model []byte, g *graph) []byte {
	isWeight := func(v value) bool { return g.weights[v.name] }
	if !slices.ContainsFunc(g.inputs, isWeight) {
		return model
	}
	g.inputs = slices.DeleteFunc(g.inputs, isWeight)
	return rewrite(model, func(f field) []byte {
		if f.id != 7 { // graph
			return f.raw
		}
		kept := rewrite(f.value, func(f field) []byte {
			if f.id != 11 { // input
				return f.raw
			}
			if name, _ := fieldText(f.value, 1); g.weights[name] {
				return nil
			}
			return f.raw
		})
		return protowire.AppendBytes(protowire.AppendTag(nil, protowire.Number(f.id), protowire.BytesType), kept)
	})
}

// rewrite returns message with every field replaced by what edit makes of it. The
// message has been read before, so it is well formed.
func rewrite(message []byte, edit func(field) []byte) []byte {
	edited := make([]byte, 0, len(message))
	_ = eachField(message, func(f field) error {
		edited = append(edited, edit(f)...)
		return nil
	})
	return edited
}
