package graph_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/graph"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/tensorjson"
)

// configured is a model that only describes itself.
type configured struct {
	infer.HandlerFunc
	name      string
	batch     int32
	decoupled bool
	optional  bool   // its input
	in, out   string // names of tensors of shape [-1,4]
}

func (c configured) Metadata(context.Context) (*infer.Metadata, error) {
	tensor := func(name string) []infer.TensorMetadata {
		return []infer.TensorMetadata{{Name: name, DataType: infer.FP32, Shape: infer.Shape{-1, 4}}}
	}
	return &infer.Metadata{Name: c.name, Inputs: tensor(c.in), Outputs: tensor(c.out)}, nil
}

func (c configured) Config(context.Context) (*inferencepb.ModelConfig, error) {
	return &inferencepb.ModelConfig{
		Input: []*inferencepb.ModelInput{{Name: c.in, Optional: c.optional}},
		Name:  c.name, MaxBatchSize: c.batch, ModelTransactionPolicy: &inferencepb.ModelTransactionPolicy{Decoupled: c.decoupled},
	}, nil
}

// zoo resolves: a and b batch up to 8 and 4, stream is decoupled, plain does not batch. Other names only answer.
func zoo(t graph.Target) (infer.Handler, error) {
	switch name := t.String(); name {
	case "a":
		return configured{name: name, batch: 8, in: "x", out: "y"}, nil
	case "b", "grpc://host:1/b":
		return configured{name: name, batch: 4, in: "y", out: "z"}, nil
	case "plain":
		return configured{name: name, in: "x", out: "y"}, nil
	case "lenient":
		return configured{name: name, optional: true, in: "x", out: "y"}, nil
	case "stream":
		return configured{name: name, batch: 4, decoupled: true, in: "x", out: "y"}, nil
	}
	return infer.HandlerFunc(nil), nil
}

func configOf(t *testing.T, spec string) *inferencepb.ModelConfig {
	t.Helper()
	plans, err := graph.Compile(map[string]graph.Spec{
		"g":     specOf(t, spec),
		"inner": specOf(t, `nodes: {root: {routerType: Switch, steps: [{serviceName: stream, condition: '@this'}]}}`),
		"picky": specOf(t, `nodes: {root: {routerType: Switch, steps: [{serviceName: a, condition: 'id'}]}}`),
	}, graph.Options{Resolver: resolver(zoo), View: tensorjson.View})
	if err != nil {
		t.Fatal(err)
	}
	c, err := plans["g"].Config(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestC01GraphIsAnEnsemble: perf_analyzer reads exactly this.
func TestC01GraphIsAnEnsemble(t *testing.T) {
	t.Parallel()
	got := configOf(t, `
nodes:
  root: {routerType: Sequence, steps: [{serviceName: a}, {nodeName: more, data: $response}, {serviceName: inner}]}
  more: {routerType: Sequence, steps: [{serviceName: b}, {serviceName: a}]}
`)
	want := &inferencepb.ModelConfig{}
	if err := prototext.Unmarshal([]byte(`
		name: "g" platform: "ensemble" max_batch_size: 4
		version_policy { latest { num_versions: 1 } }
		input { name: "x" data_type: TYPE_FP32 dims: 4 }
		output { name: "y" data_type: TYPE_FP32 dims: 4 }
		model_transaction_policy { decoupled: true }
		ensemble_scheduling {
			step { model_name: "a" model_version: -1 input_map { key: "x" value: "x" } }
			step { model_name: "inner" model_version: -1 input_map { key: "x" value: "x" } output_map { key: "y" value: "y" } }
			step { model_name: "b" model_version: -1 }
			step { model_name: "a" model_version: -1 }
		}
	`), want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
}

// TestEnsembleMapsItsMembersOutputs under the names that its answer has.
func TestEnsembleMapsItsMembersOutputs(t *testing.T) {
	t.Parallel()
	steps := configOf(t, `nodes: {root: {routerType: Ensemble, steps: [{serviceName: a}, {serviceName: stream, name: s}]}}`).GetEnsembleScheduling().GetStep()
	if diff := cmp.Diff([]map[string]string{{"y": "0.y"}, {"y": "s.y"}}, []map[string]string{steps[0].GetOutputMap(), steps[1].GetOutputMap()}); diff != "" {
		t.Error(diff)
	}
}

// TestGraphOfURLsIsNotAnEnsemble: what they lead to cannot be asked about here.
func TestGraphOfURLsIsNotAnEnsemble(t *testing.T) {
	t.Parallel()
	c := configOf(t, `nodes: {root: {routerType: Sequence, steps: [{serviceName: a}, {serviceUrl: 'grpc://host:1/b'}]}}`)
	if c.GetPlatform() != "graph" || c.GetSchedulingChoice() != nil {
		t.Errorf("got %v", c)
	}
	if c.GetMaxBatchSize() != 4 {
		t.Errorf("the model behind the URL is not asked: max_batch_size is %d", c.GetMaxBatchSize())
	}
}

func TestDecoupledIsWhatCanEndInAStream(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, spec string
		want       bool
	}{
		{"the last of a Sequence", `{routerType: Sequence, steps: [{serviceName: a}, {serviceName: stream}]}`, true},
		{"the first of a Sequence", `{routerType: Sequence, steps: [{serviceName: stream}, {serviceName: a}]}`, false},
		{"one that a condition follows", `{routerType: Sequence, steps: [{serviceName: stream}, {serviceName: a, condition: id}]}`, false},
		{"a case of a Switch", `{routerType: Switch, steps: [{serviceName: a, condition: id}, {serviceName: stream, condition: '@this'}]}`, true},
		{"a share of a Splitter", `{routerType: Splitter, steps: [{serviceName: a, weight: 99}, {serviceName: stream, weight: 1}]}`, true},
		{"no share of a Splitter", `{routerType: Splitter, steps: [{serviceName: a, weight: 100}, {serviceName: stream, weight: 0}]}`, false},
		{"a member of an Ensemble", `{routerType: Ensemble, steps: [{serviceName: a}, {serviceName: stream}]}`, false},
		{"a graph", `{routerType: Sequence, steps: [{serviceName: inner}]}`, true},
		{"a node", `{routerType: Sequence, steps: [{nodeName: below}]}, below: {routerType: Sequence, steps: [{serviceName: stream}]}`, true},
		{"nobody", `{routerType: Sequence, steps: [{serviceName: unknown}]}`, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := configOf(t, `nodes: {root: `+c.spec+`}`).GetModelTransactionPolicy().GetDecoupled(); got != c.want {
				t.Errorf("decoupled is %v", got)
			}
		})
	}
}

func TestGraphBatchesWhenEverythingBelowDoes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, spec string
		want       int32
	}{
		{"the least", `{routerType: Sequence, steps: [{serviceName: a}, {serviceName: b, data: $response}]}`, 4},
		{"one does not", `{routerType: Sequence, steps: [{serviceName: a}, {serviceName: plain}]}`, 0},
		{"one does not tell", `{routerType: Sequence, steps: [{serviceName: a}, {serviceName: unknown}, {serviceName: a}]}`, 0},
		{"a condition looks at rows together", `{routerType: Switch, steps: [{serviceName: a, condition: id}]}`, 0},
		{"a graph's condition does", `{routerType: Sequence, steps: [{serviceName: picky}]}`, 0},
		{"a default does not look", `{routerType: Switch, steps: [{serviceName: a, condition: '@this'}]}`, 8},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dims := []int64{-1, 4}
			if c.want > 0 {
				dims = dims[1:]
			}
			for range 8 { // in whatever order the services are looked at
				got := configOf(t, `nodes: {root: `+c.spec+`}`)
				if diff := cmp.Diff(dims, got.GetInput()[0].GetDims()); got.GetMaxBatchSize() != c.want || diff != "" {
					t.Errorf("max_batch_size is %d; %s", got.GetMaxBatchSize(), diff)
				}
			}
		})
	}
}

// TestInputsAreOptionalWhenNobodyNeedsThem: perf_analyzer sends the others alone.
func TestInputsAreOptionalWhenNobodyNeedsThem(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, spec string
		want       bool
	}{
		{"the first does not", `{routerType: Sequence, steps: [{nodeName: below}]}, below: {routerType: Sequence, steps: [{serviceName: lenient}]}`, true},
		{"one of two does", `{routerType: Ensemble, steps: [{serviceName: lenient}, {serviceName: inner}]}`, false},
		{"nobody tells", `{routerType: Ensemble, steps: [{serviceName: plain}, {serviceName: unknown}]}`, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := configOf(t, `nodes: {root: `+c.spec+`}`).GetInput()[0].GetOptional(); got != c.want {
				t.Errorf("optional is %v", got)
			}
		})
	}
}
