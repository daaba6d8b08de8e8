package infer_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

// TestT16AConfigOfMetadataHasWhatPerfAnalyzerReads: perf_analyzer aborts when the transaction policy has no decoupled, and compares
// the tensors of the configuration with those of the metadata.
func TestT16AConfigOfMetadataHasWhatPerfAnalyzerReads(t *testing.T) {
	t.Parallel()
	m := &infer.Metadata{
		Name: "m", Platform: "kserve",
		Inputs:  []infer.TensorMetadata{{Name: "x", DataType: infer.BF16, Shape: infer.Shape{-1, 3}}, {Name: "s", DataType: infer.Bytes}},
		Outputs: []infer.TensorMetadata{{Name: "y", DataType: "odd", Shape: infer.Shape{1}}},
	}
	want := &inferencepb.ModelConfig{
		Name: "m", Platform: "kserve",
		VersionPolicy: &inferencepb.ModelVersionPolicy{PolicyChoice: &inferencepb.ModelVersionPolicy_Latest_{
			Latest: &inferencepb.ModelVersionPolicy_Latest{NumVersions: 1},
		}},
		ModelTransactionPolicy: &inferencepb.ModelTransactionPolicy{},
		Input: []*inferencepb.ModelInput{
			{Name: "x", DataType: inferencepb.DataType_TYPE_BF16, Dims: []int64{-1, 3}},
			{Name: "s", DataType: inferencepb.DataType_TYPE_STRING},
		},
		Output: []*inferencepb.ModelOutput{{Name: "y", DataType: inferencepb.DataType_TYPE_INVALID, Dims: []int64{1}}},
	}
	got := m.Config()
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	got.Input[0].Dims[0] = 8
	if m.Inputs[0].Shape[0] != -1 {
		t.Error("a change to the configuration changed the metadata")
	}
}

func TestEveryDataTypeHasAConfigType(t *testing.T) {
	t.Parallel()
	seen := map[inferencepb.DataType]infer.DataType{}
	for _, d := range []infer.DataType{
		infer.Bool, infer.Uint8, infer.Uint16, infer.Uint32, infer.Uint64, infer.Int8, infer.Int16, infer.Int32, infer.Int64,
		infer.FP16, infer.BF16, infer.FP32, infer.FP64, infer.Bytes,
	} {
		c := d.Config()
		if other, taken := seen[c]; taken || c == inferencepb.DataType_TYPE_INVALID {
			t.Errorf("%s is %v, as is %q", d, c, other)
		}
		seen[c] = d
	}
}
