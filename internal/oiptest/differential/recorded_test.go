package differential_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/manifold-serving/manifold/infer"
)

// recording is a REST request as a client sent it, a line of testdata/recorded.jsonl.
type recording struct {
	Client string `json:"client"`
	Path   string `json:"path"`
	Length string `json:"length"` // the header of that name
	Body   []byte `json:"body"`
}

// recorded are the questions that clients were seen to ask. Each is asked as it was, and in all other forms.
func recorded(t *testing.T) []question {
	t.Helper()
	file, err := os.ReadFile("testdata/recorded.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var all []question
	for lines := bufio.NewScanner(bytes.NewReader(file)); lines.Scan(); {
		r := &recording{}
		if err := json.Unmarshal(lines.Bytes(), r); err != nil {
			t.Fatal(err)
		}
		q, err := r.question()
		if err != nil {
			t.Fatalf("%s: %v", r.Path, err)
		}
		all = append(all, q)
	}
	return all
}

// recordedForm asks as the client did.
type recordedForm struct{ rest restForm }

func (recordedForm) name() string { return "REST as recorded" }

func (f recordedForm) ask(ctx context.Context, q question) (outcome, bool) {
	if q.Recorded == nil {
		return outcome{}, false
	}
	return f.rest.post(ctx, q, q.Recorded.Body, q.Recorded.Length), true
}

func (r *recording) question() (question, error) {
	text, data := r.Body, []byte(nil)
	if r.Length != "" {
		n, err := strconv.Atoi(r.Length)
		if err != nil || n > len(r.Body) {
			return question{}, fmt.Errorf("the length is %q", r.Length)
		}
		text, data = r.Body[:n], r.Body[n:]
	}
	var document struct {
		ID     string `json:"id"`
		Inputs []struct {
			Name       string            `json:"name"`
			Type       infer.DataType    `json:"datatype"`
			Shape      infer.Shape       `json:"shape"`
			Data       []json.RawMessage `json:"data"`
			Parameters struct {
				Size int `json:"binary_data_size"`
			} `json:"parameters"`
		} `json:"inputs"`
		Outputs []struct {
			Name       string `json:"name"`
			Parameters struct {
				Classes int `json:"classification"`
			} `json:"parameters"`
		} `json:"outputs"`
		Parameters map[string]any `json:"parameters"`
	}
	if err := json.Unmarshal([]byte(quoteNumbers(string(text))), &document); err != nil {
		return question{}, err
	}
	path := strings.Split(r.Path, "/") // /v2/models/NAME[/versions/N]/infer
	q := question{Model: path[3], ID: document.ID, Recorded: r}
	if len(path) > 5 {
		q.Version = path[5]
	}
	for key, v := range document.Parameters {
		if f, ok := v.(float64); ok && f == math.Trunc(f) {
			v = int64(f)
		}
		if !infer.FramesTransfer(key) {
			q.Parameters = append(q.Parameters, infer.Parameter{Key: key, Value: v})
		}
	}
	for _, o := range document.Outputs {
		q.Outputs = append(q.Outputs, wanted{o.Name, o.Parameters.Classes})
	}
	for _, in := range document.Inputs {
		g := given{Name: in.Name, Type: in.Type, Shape: in.Shape}
		if in.Data == nil {
			g.Data, data = data[:in.Parameters.Size], data[in.Parameters.Size:]
		}
		for _, v := range in.Data {
			element, err := raws(in.Type, v)
			if err != nil {
				return question{}, err
			}
			g.Data = append(g.Data, element...)
		}
		q.Inputs = append(q.Inputs, g)
	}
	return q, nil
}

// lethal are the requests that were seen to kill or hang a real Triton, and that it never gets from a gateway. Source: appendix C of
// the protocol page.
func lethal() []question {
	two := infer.RawOf[float32](1, 2)
	one := func(model string, d infer.DataType, shape infer.Shape, data []byte, outputs ...wanted) question {
		return question{Model: model, Inputs: []given{{Name: "INPUT0", Type: d, Shape: shape, Data: data}}, Outputs: outputs}
	}
	return []question{
		one("identity_fp32", infer.FP32, infer.Shape{1 << 33, 1}, two),
		one("identity_fp32", infer.FP32, infer.Shape{1 << 40, 1}, two),
		one("identity_fp32", infer.FP32, infer.Shape{1 << 28, 1}, two),
		one("identity_fp32", infer.FP32, infer.Shape{1 << 62, 4}, nil),
		one("identity_fp32", infer.FP32, infer.Shape{-2, 0}, nil),
		one("vector_fp32", infer.FP32, infer.Shape{0, 0}, nil),
		one("identity_bytes", infer.Bytes, infer.Shape{1}, infer.RawStrings("a"), wanted{"OUTPUT0", 1}),
	}
}
