package triton

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
)

// Chain is what a graph of three steps is measured beside: a model that answers what it is sent, and an ensemble of it three times.
// The step's tensors are named x on both sides, so that a graph can hand them on as they are; the ensemble's output is y.
const (
	ChainStep     = "step"
	ChainEnsemble = "chain"
)

// WriteChain fills dir with a repository of the two alone, whose tensors have width FP32.
func WriteChain(dir string, width int) error {
	dims := strconv.Itoa(width)
	x := in("x", "FP32", dims)
	for _, m := range []model{
		{name: ChainStep, source: "identity", config: "instance_group [{kind: KIND_CPU, count: 2}]\n" + x + out("x", "FP32", dims)},
		{name: ChainEnsemble, config: "platform: \"ensemble\"\n" + x + out("y", "FP32", dims) + threeTimes()},
	} {
		if err := m.write(filepath.Join(dir, m.name)); err != nil {
			return err
		}
	}
	return nil
}

// threeTimes hands x through the step three times.
func threeTimes() string {
	names := []string{"x", "first", "second", "y"}
	var text strings.Builder
	text.WriteString("ensemble_scheduling {\n")
	for i := range 3 {
		fmt.Fprintf(&text, "step [{model_name: %q model_version: -1 input_map {key: \"x\" value: %q} output_map {key: \"x\" value: %q}}]\n",
			ChainStep, names[i], names[i+1])
	}
	return text.String() + "}\n"
}
