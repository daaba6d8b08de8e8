package modelserver

import (
	"errors"
	"fmt"
	"slices"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/modelserver/onnx"
)

// signature is what requests and responses of a model look like: its configuration, resolved. All versions have the same.
type signature struct {
	maxBatch int // 0: tensors have no batch axis
	inputs   []tensor
	outputs  []tensor
	pictures *pictures // nil: no input takes pictures
	labels   *labelled // nil: no output of labels
}

// newSignature checks a complete config, and reads the label files that it names in folder. All faults are reported together.
func newSignature(config *inferencepb.ModelConfig, folder string) (*signature, error) {
	s := &signature{maxBatch: int(config.GetMaxBatchSize())}
	var faults []error
	for _, in := range config.GetInput() {
		v, err := newTensor(in.GetName(), in.GetDataType(), in.GetDims(), in.GetReshape())
		faults = append(faults, about("input", v.name, err))
		s.inputs = append(s.inputs, v)
	}
	for _, out := range config.GetOutput() {
		v, err := newTensor(out.GetName(), out.GetDataType(), out.GetDims(), out.GetReshape())
		if err == nil {
			v.labels, err = readLabels(folder, out.GetLabelFilename())
		}
		faults = append(faults, about("output", v.name, err))
		s.outputs = append(s.outputs, v)
	}
	faults = append(faults, twice("input", s.inputs), twice("output", s.outputs))
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return s, s.addConveniences(config)
}

func (s *signature) addConveniences(config *inferencepb.ModelConfig) (err error) {
	if s.pictures, err = newPictures(config, s); err != nil {
		return err
	}
	s.labels, err = newLabelled(parameter(config, labelOutput), s.outputs)
	return err
}

// about says which tensor err is about.
func about(kind, name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s %q: %w", kind, name, err)
}

func twice(kind string, tensors []tensor) error {
	for i := range tensors {
		if slices.IndexFunc(tensors, named(tensors[i].name)) != i {
			return fmt.Errorf("%s %q is declared twice", kind, tensors[i].name)
		}
	}
	return nil
}

func named(name string) func(tensor) bool {
	return func(v tensor) bool { return v.name == name }
}

// checkFile wants the signature to fit a model file: all of its inputs, and some of its outputs.
func (s *signature) checkFile(n network) error {
	faults := []error{
		s.checkFileTensors("input", s.inputs, n.inputs),
		s.checkFileTensors("output", s.outputs, n.outputs),
	}
	for _, file := range n.inputs {
		if !slices.ContainsFunc(s.inputs, named(file.Name)) {
			faults = append(faults, fmt.Errorf("%s does not declare the input %q of the model file", configFile, file.Name))
		}
	}
	return errors.Join(faults...)
}

func (s *signature) checkFileTensors(kind string, declared []tensor, file []onnx.TensorInfo) error {
	var faults []error
	for i := range declared {
		v := &declared[i]
		at := slices.IndexFunc(file, func(t onnx.TensorInfo) bool { return t.Name == v.name })
		if at < 0 {
			faults = append(faults, fmt.Errorf("the model file has no %s %q; it has %v", kind, v.name, fileNames(file)))
			continue
		}
		faults = append(faults, about(kind, v.name, v.checkFile(file[at], s.maxBatch > 0)))
	}
	return errors.Join(faults...)
}

func fileNames(file []onnx.TensorInfo) []string {
	list := make([]string, len(file))
	for i, t := range file {
		list[i] = t.Name
	}
	return list
}

// metadata describes the tensors to clients; the output of labels comes first, because it is the one that a request gets
// without asking.
func (s *signature) metadata() (inputs, outputs []infer.TensorMetadata) {
	describe := func(v tensor) infer.TensorMetadata {
		return infer.TensorMetadata{Name: v.name, DataType: v.dataType, Shape: withBatch(v.dims, s.maxBatch > 0)}
	}
	for _, v := range s.inputs {
		inputs = append(inputs, describe(v))
	}
	if s.labels != nil {
		outputs = append(outputs, infer.TensorMetadata{Name: s.labels.name, DataType: infer.Bytes, Shape: s.labelShape()})
	}
	for _, v := range s.outputs {
		outputs = append(outputs, describe(v))
	}
	return inputs, outputs
}

// labelShape is one label for each row of a batch, one label where there is no batch.
func (s *signature) labelShape() infer.Shape {
	if s.maxBatch > 0 {
		return infer.Shape{-1}
	}
	return infer.Shape{1}
}
