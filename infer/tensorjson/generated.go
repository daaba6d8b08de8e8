package tensorjson

import (
	"maps"
	"slices"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/infer"
)

// AppendGenerated appends the answer to a generate request to dst, and takes nothing over: an object whose keys are id, model_name,
// model_version, the response's parameters and its outputs, in order. An output of one element is that element, any other a flat
// array. Where two have one name, an output stands before a parameter, and that before the others. Errors are those of [AppendResponse].
// Source: Triton, "Generate Extension", and Triton 2.51 as observed.
func AppendGenerated(dst []byte, resp *infer.Response, o Options) ([]byte, error) {
	e := encoder{dst: append(dst, '{'), message: resp, noun: "output", fault: codes.Internal, base64: o.Base64Bytes, data: true}
	members, err := e.generated(resp)
	if err != nil {
		return nil, err
	}
	for i, key := range slices.Sorted(maps.Keys(members)) {
		if i > 0 {
			e.dst = append(e.dst, ',')
		}
		e.dst = append(appendQuoted(e.dst, key), ':')
		if err := members[key](); err != nil {
			return nil, err
		}
	}
	return append(e.dst, '}'), nil
}

// generated are the members of the answer; each writes its value.
func (e *encoder) generated(resp *infer.Response) (map[string]func() error, error) {
	members := map[string]func() error{
		"model_name":    e.text(resp.ModelName()),
		"model_version": e.text(resp.ModelVersion()),
	}
	if id := resp.ID(); id != "" {
		members["id"] = e.text(id)
	}
	p, err := resp.Parameters()
	if err != nil {
		return nil, e.broken(err)
	}
	for _, entry := range effective(p) {
		members[entry.Key] = func() error {
			e.dst = appendParameter(e.dst, entry.Value, false)
			return nil
		}
	}
	tensors := resp.Tensors()
	for i := range tensors {
		members[tensors[i].Name] = func() error { return e.value(&tensors[i]) }
	}
	return members, nil
}

func (e *encoder) text(value string) func() error {
	return func() error {
		e.dst = appendQuoted(e.dst, value)
		return nil
	}
}

// value writes a tensor's one element, or all of them as an array.
func (e *encoder) value(t *infer.Tensor) error {
	c, err := e.contents(t)
	if err != nil {
		return err
	}
	alone := c.count == 1
	if !alone {
		e.dst = append(e.dst, '[')
	}
	if e.dst, err = c.append(e.dst, c.count); err != nil {
		return e.notJSON(t, err)
	}
	if !alone {
		e.dst = append(e.dst, ']')
	}
	return nil
}
