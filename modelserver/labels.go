package modelserver

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/manifold-serving/manifold/infer/classification"
)

// readLabels reads a file of one label a line; the element of that index is called so.
func readLabels(folder, name string) ([]string, error) {
	if name == "" {
		return nil, nil
	}
	text, err := readFile(folder, name, maxLabelBytes)
	if err != nil {
		return nil, fmt.Errorf("label_filename: %w", err)
	}
	if !utf8.Valid(text) {
		return nil, fmt.Errorf("label_filename: %s is not UTF-8", name)
	}
	var labels []string
	for line := range strings.Lines(string(text)) {
		labels = append(labels, strings.TrimRight(line, "\r\n"))
	}
	return labels, nil
}

// labelled is the BYTES output that holds the label of the highest element of each row of another output.
type labelled struct {
	name string
	of   int // the output with the scores
}

// newLabelled finds the one output with labels. The name is empty when no label output is wanted.
func newLabelled(name string, outputs []tensor) (*labelled, error) {
	if name == "" {
		return nil, nil //nolint:nilnil // there is none, and that is fine
	}
	l := &labelled{name: name, of: -1}
	for i := range outputs {
		switch {
		case outputs[i].name == name:
			return nil, fmt.Errorf("%s %q is the name of an output of the model; choose another", labelOutput, name)
		case len(outputs[i].labels) == 0:
		case l.of >= 0:
			return nil, fmt.Errorf("%s: outputs %q and %q both have labels; leave label_filename on one",
				labelOutput, outputs[l.of].name, outputs[i].name)
		default:
			l.of = i
		}
	}
	if l.of < 0 {
		return nil, errors.New(labelOutput + ": no output has a label_filename")
	}
	return l, outputs[l.of].checkLabelled()
}

// checkLabelled wants a label for each element: with one more or less, files and models of different kinds are mixed up.
func (v *tensor) checkLabelled() error {
	if !classification.Ranks(v.dataType) {
		return fmt.Errorf("%s: output %q is %s, which has no order", labelOutput, v.name, v.dataType)
	}
	if variable, n, _ := variableDims(v.dims); variable > 0 || n != len(v.labels) {
		return fmt.Errorf("%s: output %q has %d labels for dims %v; give each element one", labelOutput, v.name, len(v.labels), v.dims)
	}
	return nil
}
