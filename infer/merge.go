package infer

import (
	"slices"
	"strings"
)

// Member is one step's share of an ensemble's answer: a Response, or the Error in its place.
type Member struct {
	Name     string
	Response *Response
	Err      error
}

// Merge returns one response that has every member's outputs, named member.output, in order. A member that failed leaves the
// parameter member.error. The responses are taken over, also when Merge fails: INTERNAL, when a member's typed contents do not
// fit their datatype.
//
// Documents become one JSON object with a member's document under its name; INTERNAL when one is not JSON.
func Merge(h Head, members []Member) (*Response, error) {
	if holdDocument(members) {
		defer freeAll(members)
		return mergeDocuments(h, members)
	}
	var parts []part
	for _, m := range members {
		if m.Response == nil {
			h.Parameters = append(h.Parameters, Parameter{m.Name + ".error", m.Err.Error()})
			continue
		}
		defer m.Response.Free()
		for i := range m.Response.tensors {
			t := &m.Response.tensors[i]
			parts = append(parts, part{t, m.Name + "." + t.Name})
		}
	}
	buffers, err := assemble(responseKind, h, parts)
	if err != nil {
		return nil, serverFault(err)
	}
	return mustResponse(buffers), nil
}

func holdDocument(members []Member) bool {
	return slices.ContainsFunc(members, func(m Member) bool { return m.Response != nil && m.Response.document != nil })
}

func freeAll(members []Member) {
	for _, m := range members {
		if m.Response != nil {
			m.Response.Free()
		}
	}
}

// Select returns the outputs of those names, in that order; no names means r itself, and so does a document. It takes r over, also when it fails:
// INVALID_ARGUMENT, when there is no such output.
func (r *Response) Select(names []string) (*Response, error) {
	if len(names) == 0 || r.document != nil {
		return r, nil
	}
	defer r.Free()
	parts := make([]part, len(names))
	for i, name := range names {
		t := r.output(name)
		if t == nil {
			return nil, invalid("unexpected output %q is asked for; the model gives %s", name, outputNames(r.tensors))
		}
		parts[i] = part{t, name}
	}
	return r.rebuild(parts)
}

func (r *Response) rebuild(parts []part) (*Response, error) {
	parameters, err := r.Parameters()
	if err != nil {
		return nil, serverFault(err)
	}
	buffers, err := assemble(responseKind, Head{r.name, r.version, r.id, parameters}, parts)
	if err != nil {
		return nil, serverFault(err)
	}
	return mustResponse(buffers), nil
}

func (r *Response) output(name string) *Tensor {
	for i := range r.tensors {
		if r.tensors[i].Name == name {
			return &r.tensors[i]
		}
	}
	return nil
}

func outputNames(tensors []Tensor) string {
	names := make([]string, len(tensors))
	for i := range tensors {
		names[i] = tensors[i].Name
	}
	return "[" + strings.Join(names, ", ") + "]"
}
