package models

import (
	"strconv"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/tally"
)

// part is something that a declaration says of a model.
type part func(*Model)

// declare makes a model of the parts.
func declare(name string, compute kernel, parts ...part) *Model {
	m := &Model{
		kernel: compute,
		labels: map[string][]string{},
		config: &inferencepb.ModelConfig{
			Name: name, Backend: "python", DefaultModelFilename: "model.py",
			Optimization: &inferencepb.ModelOptimizationPolicy{
				InputPinnedMemory:  &inferencepb.ModelOptimizationPolicy_PinnedMemoryBuffer{Enable: true},
				OutputPinnedMemory: &inferencepb.ModelOptimizationPolicy_PinnedMemoryBuffer{Enable: true},
			},
			InstanceGroup: []*inferencepb.ModelInstanceGroup{{Name: name, Kind: inferencepb.ModelInstanceGroup_KIND_CPU, Count: 1}},
			VersionPolicy: &inferencepb.ModelVersionPolicy{PolicyChoice: &inferencepb.ModelVersionPolicy_Latest_{
				Latest: &inferencepb.ModelVersionPolicy_Latest{NumVersions: 1},
			}},
		},
	}
	m.add("1")
	for _, p := range parts {
		p(m)
	}
	if batching := m.config.GetSequenceBatching(); batching != nil {
		m.sequences = newSequences(batching)
	}
	return m
}

func (m *Model) add(name string) { m.versions = append(m.versions, version{name, &tally.Counter{}}) }

// in declares an input; a dimension of -1 is variable.
func in(name string, t infer.DataType, dims ...int64) part {
	return func(m *Model) {
		m.config.Input = append(m.config.Input, &inferencepb.ModelInput{Name: name, DataType: t.Config(), Dims: dims})
	}
}

// optional declares an input that may be left out.
func optional(name string, t infer.DataType, dims ...int64) part {
	return func(m *Model) {
		m.config.Input = append(m.config.Input, &inferencepb.ModelInput{Name: name, DataType: t.Config(), Dims: dims, Optional: true})
	}
}

// out declares an output.
func out(name string, t infer.DataType, dims ...int64) part {
	return func(m *Model) {
		m.config.Output = append(m.config.Output, &inferencepb.ModelOutput{Name: name, DataType: t.Config(), Dims: dims})
	}
}

// labelFile is where labels lie in a repository.
const labelFile = "labels.txt"

// labelled gives the elements of the last output labels.
func labelled(labels ...string) part {
	return func(m *Model) {
		last := m.config.GetOutput()[len(m.config.GetOutput())-1]
		last.LabelFilename = labelFile
		m.labels[last.GetName()] = labels
	}
}

// maxBatch is the most rows of a batch, as in Triton's examples.
const maxBatch = 8

// batched gives every tensor a batch axis.
func batched(m *Model) { m.config.MaxBatchSize = maxBatch }

// dynamic lets Triton make batches of requests.
func dynamic(m *Model) {
	m.config.SchedulingChoice = &inferencepb.ModelConfig_DynamicBatching{
		DynamicBatching: &inferencepb.ModelDynamicBatching{PreferredBatchSize: []int32{m.config.GetMaxBatchSize()}},
	}
}

// decoupled lets a model answer any number of times.
func decoupled(m *Model) {
	m.config.ModelTransactionPolicy = &inferencepb.ModelTransactionPolicy{Decoupled: true}
}

// anything lets a model take what it is given, as KServe's runtimes do.
func anything(m *Model) { m.anything = true }

// broken keeps a model from loading.
func broken(m *Model) { m.absent = "it did not load" }

// twoVersions gives a model version 2.
func twoVersions(m *Model) {
	m.add("2")
	m.config.VersionPolicy = &inferencepb.ModelVersionPolicy{PolicyChoice: &inferencepb.ModelVersionPolicy_All_{All: &inferencepb.ModelVersionPolicy_All{}}}
}

// instances lets Triton run so many of the model at once, so that requests that take time do not wait for each other.
func instances(n int32) part {
	return func(m *Model) {
		m.config.InstanceGroup[0].Count = n
	}
}

type control = inferencepb.ModelSequenceBatching_Control

// inSequences makes a model keep state between requests, which it is told of in control inputs; id is the datatype of CORRID, "" when
// it is not told that.
func inSequences(id infer.DataType, kinds ...inferencepb.ModelSequenceBatching_Control_Kind) part {
	return func(m *Model) {
		m.config.MaxBatchSize = maxBatch
		batching := &inferencepb.ModelSequenceBatching{MaxSequenceIdleMicroseconds: 60_000_000}
		for _, kind := range kinds {
			batching.ControlInput = append(batching.ControlInput, controlInput(controlNames[kind], &control{Kind: kind, Int32FalseTrue: []int32{0, 1}}))
		}
		if id != "" {
			batching.ControlInput = append(batching.ControlInput, controlInput("CORRID", &control{
				Kind: inferencepb.ModelSequenceBatching_Control_CONTROL_SEQUENCE_CORRID, DataType: id.Config(),
			}))
		}
		m.config.SchedulingChoice = &inferencepb.ModelConfig_SequenceBatching{SequenceBatching: batching}
	}
}

func controlInput(name string, c *control) *inferencepb.ModelSequenceBatching_ControlInput {
	return &inferencepb.ModelSequenceBatching_ControlInput{Name: name, Control: []*control{c}}
}

// The controls.
const (
	starts = inferencepb.ModelSequenceBatching_Control_CONTROL_SEQUENCE_START
	ends   = inferencepb.ModelSequenceBatching_Control_CONTROL_SEQUENCE_END
	ready  = inferencepb.ModelSequenceBatching_Control_CONTROL_SEQUENCE_READY
)

var controlNames = map[inferencepb.ModelSequenceBatching_Control_Kind]string{starts: "START", ends: "END", ready: "READY"}

// ensemble makes a model of two steps of simple.
func ensemble(m *Model) {
	step := func(in0, in1, out0, out1 string) *inferencepb.ModelEnsembling_Step {
		return &inferencepb.ModelEnsembling_Step{
			ModelName: "simple", ModelVersion: -1,
			InputMap:  map[string]string{"INPUT0": in0, "INPUT1": in1},
			OutputMap: map[string]string{"OUTPUT0": out0, "OUTPUT1": out1},
		}
	}
	m.config.Backend, m.config.Platform, m.config.DefaultModelFilename = "", "ensemble", ""
	m.config.InstanceGroup, m.config.Optimization, m.config.ModelTransactionPolicy = nil, nil, &inferencepb.ModelTransactionPolicy{}
	m.config.SchedulingChoice = &inferencepb.ModelConfig_EnsembleScheduling{EnsembleScheduling: &inferencepb.ModelEnsembling{
		Step: []*inferencepb.ModelEnsembling_Step{
			step("INPUT0", "INPUT1", "sum", "difference"), step("sum", "difference", "OUTPUT0", "OUTPUT1"),
		},
	}}
}

// numbered is a name with a number behind it.
func numbered(name string, i int) string { return name + strconv.Itoa(i) }
