package infer

import (
	"strings"

	"google.golang.org/grpc/codes"
)

// Inherited returns a step's request: node, the request of its graph's client, without what was meant for the graph alone, namely
// the requested outputs and the parameters that frame the transfer. It shares the bytes; the caller frees it.
func Inherited(node *Request) *Request {
	return node.Edit(Edit{DropParameter: FramesTransfer, DropOutputs: true})
}

// Successor returns the request that carries previous's outputs as inputs, with the id and the parameters of node. Outputs keep
// their names; when target is known and none of the names is among its inputs but the counts are equal, they are matched by
// position; outputs that a known target does not take are left out. Both arguments stay with the caller, who frees the result.
//
// A document becomes the next request as it is.
//
// FAILED_PRECONDITION when the target takes none of the outputs. INVALID_ARGUMENT when node's parameters are malformed.
func Successor(previous *Response, node *Request, target *Metadata) (*Request, error) {
	parameters, err := node.Parameters()
	if err != nil {
		return nil, err
	}
	if d := previous.document; d != nil {
		return NewDocumentRequest(Head{ID: node.ID(), Parameters: carried(parameters)}, d.ContentType, d.Share()), nil
	}
	parts, err := chain(previous.Tensors(), target)
	if err != nil {
		return nil, err
	}
	buffers, err := assemble(requestKind, Head{ID: node.ID(), Parameters: carried(parameters)}, parts)
	if err != nil {
		return nil, serverFault(err)
	}
	return mustRequest(buffers), nil
}

// carried are the parameters that go from hop to hop.
func carried(all Parameters) Parameters {
	var kept Parameters
	for _, p := range all {
		if !FramesTransfer(p.Key) {
			kept = append(kept, p)
		}
	}
	return kept
}

// chain names outputs as the target's inputs.
func chain(outputs []Tensor, target *Metadata) ([]part, error) {
	takes := map[string]bool{}
	if target != nil {
		for _, input := range target.Inputs {
			takes[input.Name] = true
		}
	}
	var named, all []part
	for i := range outputs {
		t := &outputs[i]
		all = append(all, part{t, t.Name})
		if takes[t.Name] {
			named = append(named, part{t, t.Name})
		}
	}
	switch {
	case len(takes) == 0:
		return all, nil
	case len(named) > 0:
		return named, nil
	case len(all) != len(target.Inputs):
		return nil, Errorf(codes.FailedPrecondition,
			"the previous step gives %s, but model %q takes %s; their names differ and so do their counts, so they cannot be matched",
			tensorNames(all), target.Name, inputNames(target))
	}
	for i := range all {
		all[i].name = target.Inputs[i].Name
	}
	return all, nil
}

func tensorNames(parts []part) string {
	names := make([]string, len(parts))
	for i, p := range parts {
		names[i] = p.name
	}
	return "[" + strings.Join(names, ", ") + "]"
}

func inputNames(target *Metadata) string {
	names := make([]string, len(target.Inputs))
	for i, input := range target.Inputs {
		names[i] = input.Name
	}
	return "[" + strings.Join(names, ", ") + "]"
}
