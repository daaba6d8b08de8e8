package transparency

import (
	"os"
	"slices"
	"testing"

	"github.com/manifold-serving/manifold/internal/interop"
	"github.com/manifold-serving/manifold/internal/interop/triton"
	"github.com/manifold-serving/manifold/internal/oiptest/standin"
)

// The model server that stands in for a Triton where there is none answers as the real one, behind a gateway of the same kind.
func TestStandInIsLikeTriton(t *testing.T) {
	t.Parallel()
	server := realTriton(t)
	at := standin.Serve(t, twins(t)...)
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

// twins are the names of the models that the Triton has.
func twins(t *testing.T) []string {
	t.Helper()
	dir := t.TempDir()
	if err := triton.Write(dir); err != nil {
		t.Fatal(err)
	}
	folders, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	names := make([]string, len(folders))
	for i, f := range folders {
		names[i] = f.Name()
	}
	return names
}

// standinDifferences are where the stand-in need not be like a Triton.
func standinDifferences() []Difference {
	return []Difference{
		{
			What:       "texts name sequences of a batching Python model",
			Operations: "(grpc|stream)/sequence/text", Aspect: ".*",
			Reason: "Triton 2.51 counts two elements in the CORRID of one text, and refuses it",
		},
		{
			What:       "errors are told in other words",
			Operations: ".*", Aspect: `(.*\.)?error`,
			Reason: "the codes are the same",
		},
		{
			What:       "statistics are counted by the gateway's own counter",
			Operations: "(rest|grpc)/statistics/.*", Aspect: ".*",
			Reason: "what is not measured is 0, and a request that a model refuses has failed",
		},
		{
			What:       "a model that does not load has other reasons",
			Operations: "(rest|grpc)/control/index.*", Aspect: `(body|response\.models)\.0\.reason`,
			Reason: "there is no Python to fail",
		},
		{
			What:       "a number of classes may be unsigned, and typed contents may be empty where the shape is",
			Operations: "grpc/(aside/classes unsigned|infer/empty without raw)", Aspect: "code", Direct: "InvalidArgument: .*", Gateway: "OK",
			Reason: "the edges are the gateway's",
		},
		{
			What:       "a request that a decoupled model refuses is told as its failure",
			Operations: "rest/generate/.*/nothing", Aspect: "status", Direct: "400: .*", Gateway: "500.*",
			Reason: "an error on a stream has no code; Triton's own are known by their form",
		},
		{
			What:       "on a stream, a request that is refused before it runs is told with its model",
			Operations: "stream/(model does not load|unknown (input|output))", Aspect: `event\.0\.response\.infer_response\.(model_name|parameters\..*|\{\})`,
			Reason: "the edges are the gateway's",
		},
	}
}
