package models

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/manifold-serving/manifold/infer"
)

// said answers what a request says beside its tensors, as Python writes it in JSON.
func said(_ context.Context, c *call) ([]infer.TensorData, error) {
	p := c.parameters
	text := `{"correlation": ` + correlation(p) + `, "flags": ` + strconv.Itoa(flags(p)) + `, "id": ` + pythonText(c.request.ID()) +
		`, "outputs": ["SAID"], "parameters": {` + strings.Join(members(p), ", ") + `}, "timeout": ` + strconv.FormatInt(whole(p, "timeout", 0), 10) + `}`
	return []infer.TensorData{texts("SAID", infer.Shape{1}, text)}, nil
}

// members are the parameters that are not the server's, by key.
func members(all infer.Parameters) []string {
	sorted := slices.SortedStableFunc(slices.Values(all), func(a, b infer.Parameter) int { return strings.Compare(a.Key, b.Key) })
	var list []string
	for _, p := range sorted {
		if infer.FramesTransfer(p.Key) || isServers(p.Key) {
			continue
		}
		value := asText(p.Value)
		switch v := p.Value.(type) {
		case string:
			value = pythonText(v)
		case bool:
			value = strconv.FormatBool(v)
		}
		list = append(list, pythonText(p.Key)+": "+value)
	}
	return list
}

// isServers reports whether Triton reads the parameter itself. Source: Triton, "Parameters Extension".
func isServers(key string) bool {
	return slices.Contains([]string{"sequence_id", "sequence_start", "sequence_end", "priority", "timeout"}, key)
}

func correlation(p infer.Parameters) string {
	id, ok := p.Lookup("sequence_id")
	if text, is := id.(string); is {
		return pythonText(text)
	}
	if !ok {
		return "0"
	}
	return asText(id)
}

// flags are 1 for the start of a sequence and 2 for its end, together.
func flags(p infer.Parameters) int {
	n := 0
	if truth(p, "sequence_start") {
		n |= 1
	}
	if truth(p, "sequence_end") {
		n |= 2
	}
	return n
}

// pythonText is a text in JSON of nothing but ASCII.
func pythonText(text string) string {
	quoted, err := json.Marshal(text)
	if err != nil {
		return `""` // no string does that
	}
	var b strings.Builder
	for _, r := range strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(string(quoted)) {
		if r < 0x7f {
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16.AppendRune(nil, r) {
			b.WriteString(`\u` + strconv.FormatInt(0x10000+int64(unit), 16)[1:])
		}
	}
	return b.String()
}
