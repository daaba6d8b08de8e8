package transparency

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"
)

// rest is a request over HTTP.
type rest struct {
	method  string // "" means GET without a body, POST with one
	path    string
	header  map[string]string
	body    []byte
	chunked bool
}

// headers are those that clients read.
func headers() []string {
	return []string{"Content-Type", "Content-Encoding", "Accept-Encoding"}
}

const headerLength = "Inference-Header-Content-Length"

func (r rest) operation(name string) Operation {
	return Operation{Name: "rest/" + name, Do: r.observe}
}

func (r rest) observe(ctx context.Context, target Target) Observation {
	resp, err := r.send(ctx, target.REST)
	if err != nil {
		return Observation{"transport": err.Error()}
	}
	defer resp.Body.Close()
	o := Observation{"status": strconv.Itoa(resp.StatusCode)}
	for _, name := range headers() {
		if v := resp.Header.Get(name); v != "" {
			o["header."+name] = strings.ToLower(v)
		}
	}
	body, err := plain(resp)
	if err != nil {
		o["body"] = "does not read: " + err.Error()
		return o
	}
	switch length := resp.Header.Get(headerLength); {
	case strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream"):
		events(o, body)
	case length != "":
		o["header."+headerLength] = "present"
		framed(o, body, length)
	default:
		text(o, body)
	}
	return o
}

func (r rest) send(ctx context.Context, base string) (*http.Response, error) {
	method := r.method
	if method == "" {
		method = http.MethodGet
		if r.body != nil {
			method = http.MethodPost
		}
	}
	var body io.Reader = bytes.NewReader(r.body)
	if r.chunked {
		body = io.MultiReader(body) // hides the length
	}
	req, err := http.NewRequestWithContext(ctx, method, base+r.path, body)
	if err != nil {
		return nil, err
	}
	for k, v := range r.header {
		req.Header[k] = []string{v}
	}
	transport := &http.Transport{DisableCompression: true, DisableKeepAlives: true}
	return transport.RoundTrip(req)
}

// plain is the body without its encoding.
func plain(resp *http.Response) ([]byte, error) {
	var err error
	var r io.Reader = resp.Body
	switch resp.Header.Get("Content-Encoding") {
	case "gzip":
		r, err = gzip.NewReader(r)
	case "deflate":
		r, err = zlib.NewReader(r)
	}
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// text observes a body that is JSON, or not.
func text(o Observation, body []byte) {
	if len(body) == 0 {
		o["body"] = "empty"
		return
	}
	leaves, tree, err := flatten(body)
	if err != nil {
		o["body"] = "not JSON: " + oneLine(string(body))
		return
	}
	if object, ok := tree.(map[string]any); ok && len(object) == 1 {
		if reason, ok := object["error"].(string); ok {
			o["error"] = reason
			return
		}
	}
	tensors(leaves, tree, nil)
	o.put("body", leaves)
}

// framed observes a body whose first bytes are JSON and whose others are tensors.
func framed(o Observation, body []byte, length string) {
	n, err := strconv.Atoi(length)
	if err != nil || n < 0 || n > len(body) {
		o["body"] = fmt.Sprintf("%d bytes, of which %s are JSON", len(body), length)
		return
	}
	leaves, tree, err := flatten(body[:n])
	if err != nil {
		o["body"] = "does not decode: " + err.Error()
		return
	}
	tensors(leaves, tree, body[n:])
	o.put("body", leaves)
}

// tensors replaces the data of outputs by their values, and adds the bytes of those that are binary.
func tensors(o Observation, tree any, binary []byte) {
	object, _ := tree.(map[string]any)
	outputs, _ := object["outputs"].([]any)
	for i, output := range outputs {
		size, ok := o[fmt.Sprintf("outputs.%d.parameters.binary_data_size", i)]
		if !ok {
			floats(o, output, fmt.Sprintf("outputs.%d.data", i))
			continue
		}
		n, err := strconv.Atoi(strings.TrimPrefix(size, "number "))
		if err != nil || n > len(binary) {
			o[fmt.Sprintf("outputs.%d.bytes", i)] = fmt.Sprintf("%s of %d bytes", size, len(binary))
			continue
		}
		o[fmt.Sprintf("outputs.%d.bytes", i)] = hex.EncodeToString(binary[:n])
		binary = binary[n:]
	}
	if len(binary) > 0 {
		o["outputs.left"] = hex.EncodeToString(binary)
	}
}

// floats replaces what a client makes of floating-point data: different texts may be one value.
func floats(o Observation, output any, path string) {
	object, _ := output.(map[string]any)
	bits := map[string]int{"FP32": 32, "FP64": 64}[fmt.Sprint(object["datatype"])]
	data, _ := object["data"].([]any)
	if bits == 0 {
		return
	}
	for i, v := range data {
		if f, err := strconv.ParseFloat(fmt.Sprint(v), bits); err == nil {
			o[fmt.Sprintf("%s.%d", path, i)] = fmt.Sprintf("%x", f)
		}
	}
}

// events observes server-sent events.
func events(o Observation, body []byte) {
	blocks := strings.Split(string(body), "\n\n")
	if blocks[len(blocks)-1] == "" {
		blocks = blocks[:len(blocks)-1]
	}
	o["events"] = strconv.Itoa(len(blocks))
	for i, block := range blocks {
		one := Observation{}
		data, ok := strings.CutPrefix(block, "data: ")
		if !ok {
			one["body"] = fmt.Sprintf("not an event: %q", block)
		} else {
			text(one, []byte(data))
		}
		o.put(fmt.Sprintf("event.%d", i), one)
	}
}

// with is r with a header more.
func (r rest) with(key, value string) rest {
	r.header = maps.Clone(r.header)
	if r.header == nil {
		r.header = map[string]string{}
	}
	r.header[key] = value
	return r
}
