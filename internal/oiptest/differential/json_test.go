package differential_test

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/manifold-serving/manifold/infer"
)

// values are the data in JSON, and false when it cannot say them.
func (g given) values() (string, bool) {
	elements, whole := g.elements()
	if !whole || g.Type == infer.FP16 || g.Type == infer.BF16 {
		return "", false
	}
	texts := make([]string, len(elements))
	for i, e := range elements {
		if !canonical(g.Type, e) {
			return "", false
		}
		texts[i] = value(g.Type, e)
	}
	if n, ok := g.Shape.Elements(); g.Nested && ok && n == len(texts) && n > 0 && len(g.Shape) > 1 {
		for _, size := range g.Shape[1:] {
			texts = nest(texts, int(size))
		}
	}
	return "[" + strings.Join(texts, ",") + "]", true
}

// nest puts neighbours together. Whatever the order of sizes, values stay in order, which is all that counts.
func nest(texts []string, size int) []string {
	var out []string
	for ; len(texts) >= size; texts = texts[size:] {
		out = append(out, "["+strings.Join(texts[:size], ",")+"]")
	}
	return append(out, texts...)
}

func value(d infer.DataType, e []byte) string {
	switch d {
	case infer.Bool:
		return strconv.FormatBool(e[0] == 1)
	case infer.Int8, infer.Int16, infer.Int32, infer.Int64:
		return strconv.FormatInt(signed(e), 10)
	case infer.FP32:
		return float(float64(math.Float32frombits(uint32(number(e)))), 32)
	case infer.FP64:
		return float(math.Float64frombits(number(e)), 64)
	case infer.Bytes:
		return quoted(string(e))
	default:
		return strconv.FormatUint(number(e), 10)
	}
}

func float(v float64, bits int) string {
	switch {
	case math.IsNaN(v):
		return "NaN"
	case math.IsInf(v, 1):
		return "Infinity"
	case math.IsInf(v, -1):
		return "-Infinity"
	}
	text := strconv.FormatFloat(v, 'g', -1, bits)
	if !strings.ContainsAny(text, ".e") {
		text += ".0"
	}
	return text
}

// parse reads an answer.
func parse(resp *http.Response, body []byte, binary bool) (outcome, error) {
	text, data := body, []byte(nil)
	if h := resp.Header.Get(lengthHeader); h != "" {
		n, err := strconv.Atoi(h)
		if err != nil || n > len(body) {
			return outcome{}, fmt.Errorf("%s is %q", lengthHeader, h)
		}
		text, data = body[:n], body[n:]
	}
	var answer struct {
		ID      string `json:"id"`
		Model   string `json:"model_name"`
		Version string `json:"model_version"`
		Outputs []struct {
			Name       string            `json:"name"`
			Type       infer.DataType    `json:"datatype"`
			Shape      infer.Shape       `json:"shape"`
			Data       []json.RawMessage `json:"data"`
			Parameters struct {
				Size *int `json:"binary_data_size"`
			} `json:"parameters"`
		} `json:"outputs"`
	}
	if err := json.Unmarshal([]byte(quoteNumbers(string(text))), &answer); err != nil {
		return outcome{}, err
	}
	o := outcome{Status: resp.StatusCode, Model: answer.Model, Version: answer.Version, ID: answer.ID}
	for _, t := range answer.Outputs {
		var raw []byte
		switch size := t.Parameters.Size; {
		case size != nil && binary && *size <= len(data):
			raw, data = data[:*size], data[*size:]
		case size != nil:
			return outcome{}, errors.New("there are fewer data than a size says, or ones nobody asked for")
		default:
			for _, v := range t.Data {
				e, err := raws(t.Type, v)
				if err != nil {
					return outcome{}, err
				}
				raw = append(raw, e...)
			}
		}
		o.Outputs = append(o.Outputs, tensor{t.Name, t.Type, append(infer.Shape{}, t.Shape...), string(raw)})
	}
	if len(data) > 0 {
		return outcome{}, errors.New("there are more data than the sizes say")
	}
	return o, nil
}

// quoteNumbers makes strings of the literals that Go's decoder does not read; texts of the test cases do not have them so.
func quoteNumbers(text string) string {
	for _, separators := range []string{"[,", "[]", ",,", ",]"} {
		before, after := separators[:1], separators[1:]
		for _, literal := range []string{"NaN", "Infinity", "-Infinity"} {
			text = strings.ReplaceAll(text, before+literal+after, before+`"`+literal+`"`+after)
			text = strings.ReplaceAll(text, before+literal+after, before+`"`+literal+`"`+after) // neighbours share a comma
		}
	}
	return text
}

// raws is a value in raw form.
func raws(d infer.DataType, v json.RawMessage) ([]byte, error) {
	text := strings.Trim(string(v), `"`)
	var bits uint64
	var err error
	switch d {
	case infer.Bytes:
		var s string
		err = json.Unmarshal(v, &s)
		return infer.RawStrings(s), err
	case infer.Bool:
		var b bool
		err = json.Unmarshal(v, &b)
		return infer.RawOf(b), err
	case infer.FP32:
		var f float64
		f, err = strconv.ParseFloat(text, 32)
		if bits = uint64(math.Float32bits(float32(f))); text == "NaN" {
			bits = canonicalNaN32
		}
	case infer.FP64:
		var f float64
		f, err = strconv.ParseFloat(text, 64)
		if bits = math.Float64bits(f); text == "NaN" {
			bits = canonicalNaN64
		}
	case infer.Int8, infer.Int16, infer.Int32, infer.Int64:
		var n int64
		n, err = strconv.ParseInt(text, 10, 8*d.Size())
		bits = uint64(n)
	default:
		bits, err = strconv.ParseUint(text, 10, 8*d.Size())
	}
	return binary.LittleEndian.AppendUint64(nil, bits)[:d.Size()], err
}
