package server_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/internal/units"
	"github.com/manifold-serving/manifold/server"
)

const (
	generatePath = "/v2/models/llm/generate"
	streamPath   = "/v2/models/llm/generate_stream"
	eventType    = "text/event-stream; charset=utf-8"
)

// TestR15Generate: the answers of Triton 2.51 to the same requests; in brackets where the gateway says the status otherwise by default.
func TestR15Generate(t *testing.T) {
	t.Parallel()
	g, exact := start(t, llms()), start(t, llms(), strict)
	const once = "generate expects model to produce exactly 1 response, use generate stream for model that generates various number of responses"
	for _, tt := range []struct {
		name, path, body string
		status, exact    int
		want             string // an error's text, or the body
	}{
		{"one response", generatePath, `{"PROMPT":"hello"}`, 200, 200, `{"TEXT":"hello","model_name":"llm","model_version":"1"}`},
		{"of a version", "/v2/models/llm/versions/1/generate", `{"PROMPT":"hello"}`, 200, 200, `{"TEXT":"hello","model_name":"llm","model_version":"1"}`},
		{"a query", generatePath + "?a=b", `{"PROMPT":["a","b"],"id":"i"}`, 200, 200, `{"TEXT":["a","b"],"id":"i","model_name":"llm","model_version":"1"}`},
		{"no response", generatePath, `{"PROMPT":"hello","times":0}`, 400, 200, once},
		{"two responses", generatePath, `{"PROMPT":"hello","parameters":{"times":2}}`, 400, 200, once},
		{"the model fails", generatePath, `{"PROMPT":"hello","times":0,"fail":"model"}`, 500, 400, "an error occurred "},
		{"the request is refused", generatePath, `{"PROMPT":"hello","times":0,"fail":"refused"}`, 400, 400, "expected 2 inputs but got 1"},
		{"the connection breaks", generatePath, `{"PROMPT":"hello","fail":"broken"}`, 503, 503, "the connection broke"},
		{"wrong kind", generatePath, `{"PROMPT":5}`, 400, 500, `input "PROMPT": element 0: 5 is not a string`},
		{"nested", generatePath, `{"PROMPT":"a","o":{}}`, 400, 400, `parameter "o" is an object or an array; parameters are flat: a string, a number, true or false`},
		{"malformed", generatePath, `{`, 400, 500, "the JSON ends at byte 1, where a key in double quotes should be"},
		{"empty", generatePath, ``, 400, 500, "the body is empty; send a JSON object with the model's inputs"},
		{"unknown model", "/v2/models/nobody/generate", `{}`, 404, 404, `there is no model "nobody"`},
		{"unknown version", "/v2/models/llm/versions/9/generate", `{}`, 404, 404, `model "llm" has no version "9"`},
		{
			"as an inference request", generatePath, `{"id":"i","inputs":[{"name":"PROMPT","datatype":"BYTES","shape":[1],"data":["hello"]}]}`, 200, 200,
			`{"id":"i","model_name":"llm","model_version":"1","outputs":[{"name":"TEXT","datatype":"BYTES","shape":[1],"data":["hello"]}]}`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, at := range []struct {
				*gateway
				want int
			}{{g, tt.status}, {exact, tt.exact}} {
				got := at.do(t, http.MethodPost, tt.path, tt.body)
				text := got.body
				if strings.HasPrefix(text, `{"error"`) {
					text = errorOf(t, got)
				}
				if got.status != at.want || text != tt.want || got.header.Get("Content-Type") != "application/json" {
					t.Errorf("status %d, want %d: %s\nwant %s", got.status, at.want, text, tt.want)
				}
			}
		})
	}
	if got := g.do(t, http.MethodGet, generatePath, ""); got.status != http.StatusMethodNotAllowed || got.header.Get("Allow") != http.MethodPost {
		t.Errorf("GET: status %d, Allow %q: %s", got.status, got.header.Get("Allow"), got.body)
	}
}

// TestR15GenerateTakesNoCodings: alone of all bodies, as in Triton.
func TestR15GenerateTakesNoCodings(t *testing.T) {
	t.Parallel()
	g := start(t, llms())
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	_, _ = w.Write([]byte(`{"PROMPT":"hello"}`))
	_ = w.Close()
	for _, path := range []string{generatePath, streamPath} {
		got := g.do(t, http.MethodPost, path, zipped.String(), "Content-Encoding", "gzip")
		if got.status != http.StatusBadRequest || errorOf(t, got) != "Content-Encoding gzip is not read for generate, by Triton neither; send the body as it is" {
			t.Errorf("%s: status %d: %s", path, got.status, got.body)
		}
		if got := g.do(t, http.MethodPost, path, `{"PROMPT":"hello"}`, "Content-Encoding", "identity"); got.status != http.StatusOK {
			t.Errorf("%s: status %d: %s", path, got.status, got.body)
		}
	}
}

// TestR16Events: data lines only, an empty line behind each; the first response fixes the status, and what is refused before that is
// an answer like any other. As Triton 2.51 was seen to do it.
func TestR16Events(t *testing.T) {
	t.Parallel()
	g, exact := start(t, llms()), start(t, llms(), strict)
	const event = `data: {"TEXT":"hello","model_name":"llm","model_version":"1"}` + "\n\n"
	for _, tt := range []struct {
		name, path, body string
		status, exact    int
		contentType      string
		want             string
	}{
		{"one", streamPath, `{"PROMPT":"hello"}`, 200, 200, eventType, event},
		{"of a version", "/v2/models/llm/versions/1/generate_stream", `{"PROMPT":"hello"}`, 200, 200, eventType, event},
		{"three", streamPath, `{"PROMPT":"hello","times":3}`, 200, 200, eventType, event + event + event},
		{"none", streamPath, `{"PROMPT":"hello","times":0}`, 200, 200, eventType, ""},
		{"line breaks", streamPath, `{"PROMPT":"a\r\nb\u2028","id":"i"}`, 200, 200, eventType, `data: {"TEXT":"a\r\nb` + "\u2028" + `","id":"i","model_name":"llm","model_version":"1"}` + "\n\n"},
		{"the model fails first", streamPath, `{"PROMPT":"hello","times":0,"fail":"model"}`, 500, 400, eventType, `data: {"error":"an error occurred "}` + "\n\n"},
		{"the model fails later", streamPath, `{"PROMPT":"hello","fail":"model"}`, 200, 200, eventType, event + `data: {"error":"an error occurred "}` + "\n\n"},
		{"the request is refused", streamPath, `{"PROMPT":"hello","times":0,"fail":"refused"}`, 400, 400, "application/json", `{"error":"expected 2 inputs but got 1"}`},
		{"the connection breaks first", streamPath, `{"PROMPT":"hello","times":0,"fail":"broken"}`, 503, 503, "application/json", `{"error":"the connection broke"}`},
		{"the connection breaks later", streamPath, `{"PROMPT":"hello","fail":"broken"}`, 200, 200, eventType, event + `data: {"error":"the connection broke"}` + "\n\n"},
		{"wrong kind", streamPath, `{"REPETITION":"a"}`, 400, 500, "application/json", `{"error":"input \"REPETITION\": element 0: the string \"a\" is not a whole number from -2147483648 to 2147483647, as INT32 holds"}`},
		{"unknown model", "/v2/models/nobody/generate_stream", `{}`, 404, 404, "application/json", `{"error":"there is no model \"nobody\""}`},
		{
			"MLServer's", "/v2/models/llm/infer_stream", `{"parameters":{"times":2},"inputs":[{"name":"PROMPT","datatype":"BYTES","shape":[1],"data":["hello"]}]}`, 200, 200, eventType,
			strings.Repeat(`data: {"model_name":"llm","model_version":"1","outputs":[{"name":"TEXT","datatype":"BYTES","shape":[1],"data":["hello"]}]}`+"\n\n", 2),
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, at := range []struct {
				*gateway
				want int
			}{{g, tt.status}, {exact, tt.exact}} {
				got := at.do(t, http.MethodPost, tt.path, tt.body)
				if got.status != at.want || got.body != tt.want || got.header.Get("Content-Type") != tt.contentType {
					t.Errorf("status %d, want %d, %s: %s\nwant %s", got.status, at.want, got.header.Get("Content-Type"), got.body, tt.want)
				}
			}
		})
	}
}

// TestR16EventsAreFlushed: each event is there before the model goes on, and a client that leaves cancels the model.
func TestR16EventsAreFlushed(t *testing.T) {
	t.Parallel()
	l := &llm{began: make(chan struct{}), ended: make(chan error)}
	g := start(t, &catalog{models: map[string]infer.Model{"llm": l}})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+g.at.REST+streamPath, strings.NewReader(`{"PROMPT":"hello","times":2}`))
	if err != nil {
		t.Fatal(err)
	}
	go func() { <-l.began }()
	resp, err := g.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body := bufio.NewReader(resp.Body)
	for range 2 {
		line, err := body.ReadString('\n')
		if err != nil || !strings.HasPrefix(line, `data: {"TEXT":"hello"`) {
			t.Fatalf("%q, %v", line, err)
		}
		if blank, err := body.ReadString('\n'); err != nil || blank != "\n" {
			t.Fatalf("%q, %v", blank, err)
		}
	}
	cancel()
	if err := <-l.ended; err == nil {
		t.Error("the model was not cancelled")
	}
}

// TestGenerateIsCounted: a generate call is an inference like any other in metrics, logs and limits.
func TestGenerateIsCounted(t *testing.T) {
	t.Parallel()
	g := start(t, llms(), func(o *server.Options, _ *server.Deps) { o.Limits.MessageBytes = units.KiB })
	g.do(t, http.MethodPost, generatePath, `{"PROMPT":"hello"}`)
	g.do(t, http.MethodPost, streamPath, `{"PROMPT":"hello","fail":"model"}`)
	metrics := g.doAt(t, g.at.Admin, http.MethodGet, "/metrics", http.NoBody).body
	for _, want := range []string{
		`manifold_requests_total{code="OK",model="llm",protocol="rest"} 1`,
		`manifold_requests_total{code="Internal",model="llm",protocol="rest"} 1`,
		`manifold_inflight_bytes 0`,
	} {
		if !strings.Contains(metrics, want) {
			t.Errorf("no %s in\n%s", want, metrics)
		}
	}
	if got := g.do(t, http.MethodPost, streamPath, `{"PROMPT":"`+strings.Repeat("a", 1024)+`"}`); got.status != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d: %s", got.status, got.body)
	}
}

// TestGenerateAgreesWithInfer: an ordinary model's answer is the same, whichever way it is asked.
func TestGenerateAgreesWithInfer(t *testing.T) {
	t.Parallel()
	m := &ordinary{}
	g := start(t, &catalog{models: map[string]infer.Model{"m": m}})
	for _, value := range []string{`1.5`, `[1.5,2,-0.0]`, `[]`} {
		got := g.do(t, http.MethodPost, "/v2/models/m/generate", fmt.Sprintf(`{"x":%s}`, value))
		var answer struct {
			X json.RawMessage `json:"x"`
		}
		if err := json.Unmarshal([]byte(got.body), &answer); err != nil || string(answer.X) != value {
			t.Errorf("%s: status %d: %s, %v", value, got.status, got.body, err)
		}
	}
}

// TestR15SecondResponseEndsTheModel: a model that has answered too often need not go on.
func TestR15SecondResponseEndsTheModel(t *testing.T) {
	t.Parallel()
	m := &endless{}
	g := start(t, &catalog{models: map[string]infer.Model{"llm": m}})
	if got := g.do(t, http.MethodPost, generatePath, `{"PROMPT":"hello"}`); got.status != http.StatusBadRequest || m.responses != 2 {
		t.Errorf("status %d after %d responses: %s", got.status, m.responses, got.body)
	}
}
