package infercmd

import (
	"fmt"
	"os"
	"strings"

	"github.com/manifold-serving/manifold/infer"
)

// findInput is what the model says of an input; its zero value when that is nothing.
func findInput(known *infer.Metadata, name string) infer.TensorMetadata {
	if known != nil {
		for _, t := range known.Inputs {
			if t.Name == name {
				return t
			}
		}
	}
	return infer.TensorMetadata{}
}

// splitFile takes [NAME=]FILE apart. A file whose name has an = in it is found when it is there. Without a name it is the model's
// only input, or the only one of a preferred datatype.
func splitFile(flag, text string, known *infer.Metadata, preferred infer.DataType) (name, file string, err error) {
	name, file, named := strings.Cut(text, "=")
	if _, err := os.Stat(text); named && err != nil {
		if name == "" || file == "" {
			return "", "", fmt.Errorf("%s %q is not NAME=FILE", flag, text)
		}
		return name, file, nil
	}
	name, ok := onlyInput(known, preferred)
	if !ok {
		return "", "", fmt.Errorf("%s %s: say which input it is, %s NAME=%s; %s", flag, text, flag, text, takes(known))
	}
	return name, text, nil
}

func onlyInput(known *infer.Metadata, preferred infer.DataType) (string, bool) {
	if known == nil {
		return "", false
	}
	if len(known.Inputs) == 1 {
		return known.Inputs[0].Name, true
	}
	name, found := "", 0
	for _, t := range known.Inputs {
		if t.DataType == preferred {
			name = t.Name
			found++
		}
	}
	return name, found == 1
}
