package transparency

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// flatten gives every leaf of a JSON text its path. Triton's literals for numbers that are none pass; numbers are compared as doubles
// unless they are whole.
func flatten(text []byte) (Observation, any, error) {
	dec := json.NewDecoder(bytes.NewReader(readable(text)))
	dec.UseNumber()
	var tree any
	if err := dec.Decode(&tree); err != nil {
		return nil, nil, err
	}
	if dec.More() {
		return nil, nil, fmt.Errorf("there is more behind the JSON, at byte %d", dec.InputOffset())
	}
	o := Observation{}
	leaves(o, "", tree)
	return o, tree, nil
}

func leaves(o Observation, path string, node any) {
	below := func(key string) string { return strings.TrimPrefix(path+"."+key, ".") }
	switch node := node.(type) {
	case map[string]any:
		if len(node) == 0 {
			o[below("{}")] = "empty"
		}
		for k, v := range node {
			leaves(o, below(k), v)
		}
	case []any:
		o[below("[]")] = strconv.Itoa(len(node))
		for i, v := range node {
			leaves(o, below(strconv.Itoa(i)), v)
		}
	case json.Number:
		o[path] = number(node)
	default:
		o[path] = fmt.Sprintf("%T %v", node, node)
	}
}

// number is a whole number as it stands, another as the nearest float: Triton writes a float's double, Go its shortest text.
func number(n json.Number) string {
	if !strings.ContainsAny(n.String(), ".eE") {
		return "number " + n.String()
	}
	f, err := n.Float64()
	if err != nil {
		return "number " + n.String()
	}
	if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		return "number " + strconv.FormatFloat(f, 'f', -1, 64)
	}
	if single := float64(float32(f)); math.Abs(single-f) <= math.Abs(f)*1e-7 {
		return "number " + strconv.FormatFloat(single, 'g', -1, 32)
	}
	return "number " + strconv.FormatFloat(f, 'g', -1, 64)
}

// readable makes text fit for a JSON decoder: literals that JSON does not have become strings, bytes that are not UTF-8 are named.
func readable(text []byte) []byte {
	var out bytes.Buffer
	quoted := false
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		literal := notANumber(text[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&out, "‹%02x›", text[i])
		case quoted && text[i] == '\\' && i+1 < len(text):
			size = 2
			out.Write(text[i : i+2])
		case !quoted && literal != "":
			size = len(literal)
			fmt.Fprintf(&out, "%q", "‹"+literal+"›")
		default:
			quoted = quoted != (text[i] == '"')
			out.Write(text[i : i+size])
		}
		i += size
	}
	return out.Bytes()
}

func notANumber(text []byte) string {
	for _, literal := range []string{"NaN", "Infinity", "-Infinity"} {
		if bytes.HasPrefix(text, []byte(literal)) {
			return literal
		}
	}
	return ""
}
