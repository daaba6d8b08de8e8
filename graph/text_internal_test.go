package graph

import (
	"testing"

	"pgregory.net/rapid"
	sigsyaml "sigs.k8s.io/yaml"
)

func TestDidYouMean(t *testing.T) {
	t.Parallel()
	known := []string{"Sequence", "Switch"}
	for name, want := range map[string]string{
		"sequence":   "did you mean Sequence?",
		"Swich":      "did you mean Switch?",
		"Switch.x":   "did you mean Switch?",
		"completely": "write one of Sequence, Switch",
		"":           "write one of Sequence, Switch",
	} {
		if got := didYouMean(name, known); got != want {
			t.Errorf("%q: %s, want %s", name, got, want)
		}
	}
}

// TestQuotedReadsBack: whatever a step is called, the YAML of a warning says so.
func TestQuotedReadsBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.OneOf(rapid.StringMatching(`[ -~\n\t]*`), rapid.SampledFrom([]string{"yes", "null", "1e3", "0x1F", "~", "n", "it's"})).Draw(t, "text")
		var got struct {
			List []struct {
				Text string `json:"text"`
			} `json:"list"`
		}
		if err := sigsyaml.UnmarshalStrict([]byte("list:\n- {text: "+quoted(want)+"}\n"), &got); err != nil {
			t.Fatalf("%q: %v", want, err)
		}
		if got.List[0].Text != want {
			t.Fatalf("%q reads back as %q", want, got.List[0].Text)
		}
	})
}
