package differential_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/manifold-serving/manifold/infer"
)

// restForm asks over REST, in JSON or with the data in binary behind it.
type restForm struct {
	client *http.Client
	base   string
	binary bool
}

func (f restForm) name() string {
	if f.binary {
		return "REST binary"
	}
	return "REST JSON"
}

const lengthHeader = "Inference-Header-Content-Length"

func (f restForm) ask(ctx context.Context, q question) (outcome, bool) {
	text, data, ok := q.document(f.binary)
	if !ok {
		return outcome{}, false
	}
	length := ""
	if f.binary {
		length = strconv.Itoa(len(text))
	}
	return f.post(ctx, q, append([]byte(text), data...), length), true
}

// post sends a body, which is JSON to the length, or all of it when that is "".
func (f restForm) post(ctx context.Context, q question, body []byte, length string) outcome {
	path := f.base + "/v2/models/" + url.PathEscape(q.Model)
	if q.Version != "" {
		path += "/versions/" + url.PathEscape(q.Version)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, path+"/infer", bytes.NewReader(body))
	if err != nil {
		return broken(err)
	}
	if length != "" {
		req.Header.Set(lengthHeader, length)
	}
	resp, err := f.client.Do(req)
	if err != nil {
		return broken(err)
	}
	answer, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil {
		return broken(err)
	}
	if resp.StatusCode != http.StatusOK {
		return refusal(resp, answer)
	}
	o, err := parse(resp, answer, f.binary)
	if err != nil {
		return broken(fmt.Errorf("%w in %q", err, answer))
	}
	return o
}

// broken is an outcome that agrees with none.
func broken(err error) outcome { return outcome{Status: -1, text: err.Error()} }

// refusal wants an error to be as every client reads it. Source: rule R-05.
func refusal(resp *http.Response, body []byte) outcome {
	var said struct{ Error string }
	if err := json.Unmarshal(body, &said); err != nil || said.Error == "" || resp.Header.Get("Content-Type") != "application/json" {
		return broken(fmt.Errorf("%d %s: %q is not an error", resp.StatusCode, resp.Header.Get("Content-Type"), body))
	}
	return outcome{Status: resp.StatusCode, text: said.Error}
}

// document is the JSON of a request and the data behind it; false when JSON cannot say it.
func (q question) document(binary bool) (text string, data []byte, ok bool) {
	var parts []string
	if q.ID != "" {
		parts = append(parts, `"id":`+quoted(q.ID))
	}
	if p := parametersJSON(append(slices.Clip(q.Parameters), binaryOutput(binary, len(q.Outputs) == 0)...)); p != "" {
		parts = append(parts, `"parameters":`+p)
	}
	inputs := make([]string, len(q.Inputs))
	for i, in := range q.Inputs {
		if inputs[i], ok = in.document(binary); !ok {
			return "", nil, false
		}
		if in.Missing != "data" {
			data = append(data, in.Data...)
		}
	}
	if !binary {
		data = nil
	}
	parts = append(parts, `"inputs":[`+strings.Join(inputs, ",")+`]`)
	if len(q.Outputs) > 0 {
		outputs := make([]string, len(q.Outputs))
		for i, o := range q.Outputs {
			p := infer.Parameters{{Key: "binary_data", Value: binary && o.Classes == 0}}
			if o.Classes != 0 {
				p = infer.Parameters{{Key: "classification", Value: int64(o.Classes)}}
			}
			outputs[i] = `{"name":` + quoted(o.Name) + `,"parameters":` + parametersJSON(p) + `}`
		}
		parts = append(parts, `"outputs":[`+strings.Join(outputs, ",")+`]`)
	}
	return "{" + strings.Join(parts, ",") + "}", data, true
}

func binaryOutput(binary, all bool) infer.Parameters {
	if !binary || !all {
		return nil
	}
	return infer.Parameters{{Key: "binary_data_output", Value: true}}
}

func (g given) document(binary bool) (string, bool) {
	shape := "[]"
	if g.Shape != nil {
		shape = g.Shape.String()
	}
	data := fmt.Sprintf(`"parameters":{"binary_data_size":%d}`, len(g.Data))
	if !binary {
		values, ok := g.values()
		if !ok {
			return "", false
		}
		data = `"data":` + values
	}
	var parts []string
	for _, p := range []struct{ key, text string }{
		{"name", `"name":` + quoted(g.Name)}, {"datatype", `"datatype":` + quoted(string(g.Type))}, {"shape", `"shape":` + shape}, {"data", data},
	} {
		if p.key != g.Missing {
			parts = append(parts, p.text)
		}
	}
	return "{" + strings.Join(parts, ",") + "}", true
}

func quoted(text string) string {
	b, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func parametersJSON(all infer.Parameters) string {
	var parts []string
	for _, p := range all {
		value := fmt.Sprint(p.Value)
		switch v := p.Value.(type) {
		case string:
			value = quoted(v)
		case float64:
			if value = strconv.FormatFloat(v, 'g', -1, 64); !strings.ContainsAny(value, ".e") {
				value += ".0"
			}
		}
		parts = append(parts, quoted(p.Key)+":"+value)
	}
	if parts == nil {
		return ""
	}
	return "{" + strings.Join(parts, ",") + "}"
}
