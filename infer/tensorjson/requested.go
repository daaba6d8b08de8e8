package tensorjson

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/manifold-serving/manifold/infer"
)

// requestedOutput moves past an output that the client asks for, and appends it.
func (d *decoder) requestedOutput() error {
	if len(d.outputs) == infer.MaxTensors {
		return fmt.Errorf("more than %d requested outputs", infer.MaxTensors)
	}
	var output infer.RequestedOutput
	var had members
	var binary bool
	err := d.object(func(key []byte) error { return d.requestedMember(&output, &binary, &had, key) })
	switch {
	case err != nil:
	case binary && output.Parameters.NameMemory():
		err = errors.New("binary_data and shared_memory_region exclude each other")
	case output.Name == "":
		err = badJSON(`it has no "name"`)
	case !d.requested.add(output.Name):
		return fmt.Errorf("output %s already exists in request; ask for each output once", quoted(output.Name))
	}
	if err != nil {
		return fmt.Errorf("requested output %s: %w", d.requestedLabel(output.Name), err)
	}
	d.outputs = append(d.outputs, output)
	d.list(output.Name, binary)
	if output.Parameters.NameMemory() {
		d.inMemory(output.Name)
	}
	return nil
}

func (d *decoder) requestedLabel(name string) string {
	if name == "" {
		return strconv.Itoa(len(d.outputs))
	}
	return quoted(name)
}

func (d *decoder) requestedMember(output *infer.RequestedOutput, binary *bool, had *members, key []byte) error {
	switch string(key) {
	case "name":
		if present, err := d.present(had, keyName, key); !present {
			return err
		}
		return d.tensorName(&output.Name)
	case "parameters":
		if present, err := d.present(had, keyParameters, key); !present {
			return err
		}
		all, err := d.parameters()
		if err == nil {
			all, *binary, err = takeFlag(all, binaryData)
		}
		if err == nil {
			all, err = withoutNoClasses(all)
		}
		if err == nil {
			output.Parameters, err = d.unframed(all, "outputs come in the response")
		}
		return err
	}
	return d.skip()
}

// classification is how many classes of an output are wanted.
const classification = "classification"

// withoutNoClasses is p without a number of classes that is 0, which over REST means that the output is wanted as it is.
// Source: Triton, "Classification Extension"; 0 as observed on 2.51.
func withoutNoClasses(p infer.Parameters) (infer.Parameters, error) {
	value, had := p.Lookup(classification)
	if !had {
		return p, nil
	}
	switch v := value.(type) {
	case int64:
		if v == 0 {
			return without(p, classification), nil
		}
		if v > 0 {
			return p, nil
		}
	case uint64:
		return p, nil
	}
	return nil, badJSON("classification is not a whole number from 0")
}
