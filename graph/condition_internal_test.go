package graph

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/tidwall/gjson"
	"pgregory.net/rapid"

	"github.com/manifold-serving/manifold/infer"
)

func TestReach(t *testing.T) {
	t.Parallel()
	neither, both := infer.ViewParts{}, infer.ViewParts{Data: true, Rows: true}
	data, rows := infer.ViewParts{Data: true}, infer.ViewParts{Rows: true}
	for _, tt := range []struct {
		path string
		want infer.ViewParts
	}{
		{"@this", neither},
		{"id", neither},
		{`outputs.#(datatype=="BYTES")`, neither}, // data is a part of a word here
		{"parameters.my_data", neither},
		{"parameters.data-set", neither},
		{"outputs.0.data.0", data},
		{`[@this].#(data==1)`, data},
		{`[@this].#(predictions.0=="animal")`, rows},
		{`instances.#(modelId=="1")`, rows},
		{`predictions`, rows},
		{`[predictions,outputs.0.data]`, both},
		{"outputs.0.d?ta", both},
		{"*", both},
		{`outputs.0.d\ata`, both},
		{"outputs|@flatten", both},
		{"@values", both},
	} {
		if got := reach(tt.path); got != tt.want {
			t.Errorf("reach(%s) = %+v, want %+v", tt.path, got, tt.want)
		}
	}
}

// sample is a response's document; parts that are out of reach are absent.
func sample(parts infer.ViewParts) string {
	output := map[string]any{"name": "label", "datatype": "BYTES", "shape": []int{2}}
	d := map[string]any{"model_name": "m", "id": "7", "parameters": map[string]any{"score": 5}, "outputs": []any{output}}
	if parts.Data {
		output["data"] = []any{"animal", "plant"}
	}
	if parts.Rows {
		d["predictions"] = []any{"animal", map[string]any{"label": "plant", "n": 3}}
	}
	text, _ := json.Marshal(d)
	return string(text)
}

// paths makes GJSON paths of the words and marks that they consist of.
func paths() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		words := rapid.SliceOfN(rapid.SampledFrom([]string{
			"outputs", "data", "predictions", "name", "datatype", "parameters", "score", "label", "id", "0", "1", "#", "n",
			".", ".", ".", "|", "[@this]", "@this", "@values", "#(", ")", "==", "!=", ">", `"animal"`, "5", "~true", "[", "]", ",", "*", "a?", "!true",
		}), 1, 12).Draw(t, "words")
		return strings.Join(words, "")
	})
}

// TestReachIsEnough proves that a condition never misses what was not rendered for it.
func TestReachIsEnough(t *testing.T) {
	t.Parallel()
	full := sample(infer.ViewParts{Data: true, Rows: true})
	rapid.Check(t, func(t *rapid.T) {
		path := paths().Draw(t, "path")
		if checkCondition(path) != nil {
			return
		}
		if want, got := gjson.Get(full, path).Exists(), gjson.Get(sample(reach(path)), path).Exists(); got != want {
			t.Fatalf("%s matches the full document: %v, the one that is rendered for it: %v", path, want, got)
		}
	})
}

// TestWorkingForm evaluates what is proposed for a and b on every combination of the two.
func TestWorkingForm(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		path string
		want func(a, b, c bool) bool
	}{
		{`[@this].#(a==1 && b==1)`, func(a, b, _ bool) bool { return a && b }},
		{`[@this].#(a==1&&b==1 && c==1)`, func(a, b, c bool) bool { return a && b && c }},
		{`[@this].#((a==1) && (b==1))`, func(a, b, _ bool) bool { return a && b }},
		{`[@this].#(a==1 || b==1)`, func(a, b, _ bool) bool { return a || b }},
		{`[@this].#(a==1 || b==1 && c==1)`, func(a, b, c bool) bool { return a || b && c }},
		{`[@this].#((a==1 || b==1) && c==1)`, func(a, b, c bool) bool { return (a || b) && c }},
		{`[@this].#(a==1 && b==1).c`, func(a, b, _ bool) bool { return a && b }},
		{`[@this].#(a==1) && [@this].#(b==1)`, func(a, b, _ bool) bool { return a && b }},
		{`[@this].#(a==1) || [@this].#(b==1)`, func(a, b, _ bool) bool { return a || b }},
		{`[@this].#(a==1) && [@this].#(b==1) && [@this].#(c==1)`, func(a, b, c bool) bool { return a && b && c }},
		{`[@this].#(a==1) || [@this].#(b==1) && [@this].#(c==1)`, func(a, b, c bool) bool { return a || b && c }},
	} {
		form, ok := workingForm(tt.path)
		if !ok || checkCondition(form) != nil {
			t.Errorf("%s: no form that works, but %q", tt.path, form)
			continue
		}
		for i := range 8 {
			a, b, c := i&1 > 0, i&2 > 0, i&4 > 0
			document, _ := json.Marshal(map[string]int{"a": i & 1, "b": i >> 1 & 1, "c": i >> 2 & 1})
			if got := gjson.GetBytes(document, form).Exists(); got != tt.want(a, b, c) {
				t.Errorf("%s: %s on %s is %v", tt.path, form, document, got)
			}
		}
	}
}

func TestWorkingFormIsBounded(t *testing.T) {
	t.Parallel()
	if form, ok := workingForm(strings.Repeat("#(a||b).", 64) + "c"); ok {
		t.Errorf("the form has %d characters", len(form))
	}
}

// FuzzCondition: no condition panics, neither when it is checked nor when it is tested; what is proposed passes the check.
func FuzzCondition(f *testing.F) {
	for _, seed := range []string{
		"@this", `[@this].#(predictions.0=="animal")`, `#(a>5 && a<9)`, `a||b&&c`, `\`, `"`, `#((a)&&(b))#`, `[a,{"b":c}]`, `((`, "&&&", "|||", "#(&&)", `..#.a`,
	} {
		f.Add(seed)
	}
	full := sample(infer.ViewParts{Data: true, Rows: true})
	f.Fuzz(func(t *testing.T, path string) {
		err := checkCondition(path)
		_, _ = reach(path), question(path)
		if err != nil {
			form, ok := "", false
			if balanced(path) == nil {
				form, ok = workingForm(path)
			}
			if ok && findOperator(form) >= 0 {
				t.Errorf("%q is proposed for %q", form, path)
			}
			return
		}
		_ = gjson.Get(full, path).Exists()
	})
}
