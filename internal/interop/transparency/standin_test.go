package transparency

import (
	"slices"
	"testing"

	"github.com/manifold-serving/manifold/internal/interop"
	"github.com/manifold-serving/manifold/internal/oiptest/standin"
)

// The model server that stands in for a Triton where there is none answers as the real one, behind a gateway of the same kind.
func TestStandInIsLikeTriton(t *testing.T) {
	t.Parallel()
	server := realTriton(t)
	at := standin.Serve(t)
	likeness := lab.Gateway(t, "apiVersion: manifold.dev/v1alpha1\nkind: ModelServer\nmetadata: {name: triton}\nspec: {targets: [\""+at.GRPC+"\"]}\n")
	direct, through := gateway(t, "", server), target(t, interop.At{HTTP: likeness.HTTP, GRPC: likeness.GRPC})
	declared := standinDifferences()
	used := make([]bool, len(declared))
	for _, op := range operations() {
		for _, d := range disagreements(op.Name, observe(t, op, direct), observe(t, op, through)) {
			if i := slices.IndexFunc(declared, func(f Difference) bool { return f.covers(d) }); i >= 0 {
				used[i] = true
				continue
			}
			t.Errorf("%s: %s: Triton %q, stand-in %q", d.Operation, d.Aspect, d.Direct, d.Gateway)
		}
	}
	for i, f := range declared {
		if !used[i] {
			t.Errorf("declared, and seen nowhere: %s (%s, %s)", f.What, f.Operations, f.Aspect)
		}
	}
}

// standinDifferences are where the stand-in need not be like a Triton.
func standinDifferences() []Difference {
	return []Difference{
		{
			What:       "errors are told in other words",
			Operations: ".*", Aspect: `(.*\.)?error`,
			Reason: "the codes are the same",
		},
	}
}
