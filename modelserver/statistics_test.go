package modelserver

import (
	"context"
	"testing"

	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/modelserver/onnx"
)

// TestStatisticsCountRows: inferences are rows of batches, executions requests, per version.
func TestStatisticsCountRows(t *testing.T) {
	t.Parallel()
	fake := scores(nil)
	compute := fake.compute
	fails := false
	fake.compute = func(ctx context.Context, inputs []onnx.Tensor, outputs []string) ([]onnx.Tensor, error) {
		if fails {
			return nil, onnx.ErrInput
		}
		return compute(ctx, inputs, outputs)
	}
	m := openFake(t, labelsConfig, fake, Options{})
	ask2 := func() error {
		_, err := ask(t, m, infer.Head{}, []infer.TensorData{numbers32("x", infer.Shape{2, 2}, 1, 2, 5, -1)})
		return err
	}
	for range 3 {
		if err := ask2(); err != nil {
			t.Fatal(err)
		}
	}
	fails = true
	if ask2() == nil {
		t.Error("no error")
	}
	all, err := m.Statistics(t.Context())
	if err != nil || len(all) != 1 {
		t.Fatalf("%d entries, %v", len(all), err)
	}
	s := all[0]
	i := s.GetInferenceStats()
	if s.GetName() != "m" || s.GetVersion() != "1" || s.GetInferenceCount() != 6 || s.GetExecutionCount() != 3 ||
		i.GetSuccess().GetCount() != 3 || i.GetFail().GetCount() != 1 || i.GetQueue().GetCount() != 3 {
		t.Errorf("got %v", s)
	}
	if b := s.GetBatchStats(); len(b) != 1 || b[0].GetBatchSize() != 2 || b[0].GetComputeInfer().GetCount() != 3 {
		t.Errorf("batches: %v", b)
	}
}
