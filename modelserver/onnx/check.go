package onnx

import "fmt"

// check refuses a graph that cannot run under opts.
func (g *graph) check(opts Options) error {
	if err := checkOperators(g); err != nil {
		return err
	}
	for _, v := range g.inputs {
		if err := v.check(); err != nil {
			return fmt.Errorf("input: %w", err)
		}
		if !v.shaped {
			return fmt.Errorf("%w: input %q has no shape in the file: export the model with shapes",
				ErrUnsupported, v.name)
		}
	}
	for _, v := range g.outputs {
		if err := v.check(); err != nil {
			return fmt.Errorf("output: %w", err)
		}
	}
	if opts.MaxBatchSize > 0 {
		return g.checkBatchAxes()
	}
	return nil
}

// checkBatchAxes wants the first axis of every input and output dynamic. An output
// whose shape the file leaves open is looked at when it is compiled.
func (g *graph) checkBatchAxes() error {
	if len(g.inputs) == 0 {
		return fmt.Errorf("%w in batches: it has no input: set max_batch_size to 0", ErrUnsupported)
	}
	for _, list := range [][]value{g.inputs, g.outputs} {
		for _, v := range list {
			if v.shaped && (len(v.dims) == 0 || !v.dynamic(0)) {
				return fmt.Errorf("%w in batches: the first axis of %q is not dynamic: set max_batch_size "+
					"to 0, or export the model with a dynamic batch axis", ErrUnsupported, v.name)
			}
		}
	}
	return nil
}
