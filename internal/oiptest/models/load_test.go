package models_test

import (
	"slices"
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/infer"
)

func TestModelsAreUnloadedAndLoadedAnew(t *testing.T) {
	t.Parallel()
	m := model(t, "vector_fp32")
	nine := input("INPUT0", infer.Shape{9, 1}, make([]float32, 9)...)
	_, err := ask(t, m.Unloaded(), infer.Head{}, nil, nine)
	fails(t, err, codes.NotFound)
	fails(t, m.Unloaded().Ready(t.Context()), codes.NotFound)
	wider, err := m.Loaded(`{"max_batch_size": "16"}`)
	if err != nil {
		t.Fatal(err)
	}
	_, err = ask(t, m, infer.Head{}, nil, nine)
	fails(t, err, codes.InvalidArgument)
	_, err = ask(t, wider, infer.Head{}, nil, nine)
	fails(t, err, codes.OK)
	stats, err := m.Statistics(t.Context())
	if err != nil || stats[0].GetInferenceCount() != 0 {
		t.Errorf("the model counted what another one answered: %v, %v", stats, err)
	}
	if versions, absent := wider.Versions(); !slices.Equal(versions, []string{"1"}) || absent != "" {
		t.Errorf("it has versions %v, %q", versions, absent)
	}
	config, err := wider.Config(t.Context())
	if err != nil || config.GetMaxBatchSize() != 16 || config.GetName() != "vector_fp32" || len(config.GetInput()) != 1 {
		t.Errorf("%v, %v", config, err)
	}
}

func TestModelsThatDoNotLoadSayWhy(t *testing.T) {
	t.Parallel()
	_, err := model(t, "broken").Loaded("")
	fails(t, err, codes.Internal)
	_, err = model(t, "simple").Loaded(`"max_batch_size": {{`)
	fails(t, err, codes.InvalidArgument)
}
