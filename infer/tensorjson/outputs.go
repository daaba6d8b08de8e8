package tensorjson

import (
	"slices"

	"github.com/manifold-serving/manifold/infer"
)

// The parameters by which a client asks for binary outputs, and by which binary data are announced.
const (
	binaryDataSize   = "binary_data_size"
	binaryData       = "binary_data"
	binaryDataOutput = "binary_data_output"
)

// OutputForm tells in which form a client wants outputs: the zero value is JSON for all.
type OutputForm struct {
	AllBinary bool            // those that the request does not list
	Listed    map[string]bool // those that it lists: true is binary
	Memory    map[string]bool // those that its server puts into shared memory, so that no data come back
}

// Binary reports whether the output of that name is wanted as binary data. One that is listed without a form of its own is wanted in
// JSON, whatever holds for all. Source: Triton 2.51, as observed.
func (f OutputForm) Binary(name string) bool {
	binary, listed := f.Listed[name]
	if !listed {
		return f.AllBinary
	}
	return binary
}

// list notes the form of a listed output.
func (d *decoder) list(name string, binary bool) {
	if d.form.Listed == nil {
		d.form.Listed = map[string]bool{}
	}
	d.form.Listed[name] = binary
}

// inMemory notes a listed output that goes into shared memory.
func (d *decoder) inMemory(name string) {
	if d.form.Memory == nil {
		d.form.Memory = map[string]bool{}
	}
	d.form.Memory[name] = true
}

// takeFlag removes key from p and returns its value, which has to be a bool.
func takeFlag(p infer.Parameters, key string) (infer.Parameters, bool, error) {
	value, had := p.Lookup(key)
	if !had {
		return p, false, nil
	}
	flag, ok := value.(bool)
	if !ok {
		return nil, false, badJSON("%s is not true or false", key)
	}
	return without(p, key), flag, nil
}

func without(p infer.Parameters, key string) infer.Parameters {
	return slices.DeleteFunc(p, func(entry infer.Parameter) bool { return entry.Key == key })
}

// takeSize removes binary_data_size from p and returns it; false when it is not there.
func takeSize(p infer.Parameters) (infer.Parameters, int, bool, error) {
	value, had := p.Lookup(binaryDataSize)
	if !had {
		return p, 0, false, nil
	}
	size, ok := value.(int64)
	if !ok || size < 0 {
		return nil, 0, false, badJSON("binary_data_size is not a whole number of bytes from 0")
	}
	return without(p, binaryDataSize), int(size), true, nil
}
