package classification_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/classification"
)

func wants(name string, value any) infer.RequestedOutput {
	return infer.RequestedOutput{Name: name, Parameters: infer.Parameters{{Key: classification.Parameter, Value: value}}}
}

func TestWanted(t *testing.T) {
	t.Parallel()
	got, err := classification.Wanted([]infer.RequestedOutput{
		wants("a", int64(3)), {Name: "plain"}, wants("b", uint64(math.MaxUint64)), wants("c", int64(math.MaxInt64)),
	})
	if diff := cmp.Diff(map[string]int{"a": 3, "b": math.MaxInt32, "c": math.MaxInt32}, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
	if got, err := classification.Wanted([]infer.RequestedOutput{{Name: "plain"}}); got != nil || err != nil {
		t.Errorf("without classes: %v, %v", got, err)
	}
}

// TestClassificationIsAWholeNumber: 0 and less, texts and fractions are the client's fault over gRPC.
func TestClassificationIsAWholeNumber(t *testing.T) {
	t.Parallel()
	for _, value := range []any{int64(0), int64(-1), uint64(0), "2", 1.5, true, nil} {
		_, err := classification.Wanted([]infer.RequestedOutput{wants("y", value)})
		if infer.CodeOf(err) != codes.InvalidArgument {
			t.Errorf("%v: %v", value, err)
		}
	}
	_, err := classification.Top(wants("y", int64(-1)))
	if want := `output "y": classification -1: give the number of classes, a whole number from 1 on`; err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}
