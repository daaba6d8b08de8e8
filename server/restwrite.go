package server

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/manifold-serving/manifold/infer/tensorjson"
	"github.com/manifold-serving/manifold/internal/units"
)

// A client that does not read its answer is cut off after a minute, and a second for each MiB more.
const (
	writePatience = time.Minute
	writeRate     = int64(units.MiB)
)

// writeJSON answers with a whole body, so that the client gets its length; some clients read once.
func writeJSON(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	writeParts(w, status, [][]byte{body})
}

// writeFramed answers with JSON and binary data behind it, in a coding when there is one. Only an answer with binary data has the
// header with the length of its JSON. Source: Triton, "Binary Tensor Data Extension".
func writeFramed(w http.ResponseWriter, f tensorjson.Framed, coding string) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	if !f.Whole() {
		writeLater(w, f)
		return
	}
	if len(f.Binary) > 0 {
		h.Set("Content-Type", "application/octet-stream")
		h.Set(headerLengthHeader, strconv.Itoa(len(f.JSON)))
	}
	parts := append([][]byte{f.JSON}, f.Binary...)
	if coding != "" && f.Len() >= minCompress {
		h.Set("Content-Encoding", coding)
		parts = [][]byte{compressed(coding, parts)}
	}
	writeParts(w, http.StatusOK, parts)
}

// writeLater answers with a body that is made while it is written; its length is not known before.
func writeLater(w http.ResponseWriter, f tensorjson.Framed) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	p := &patient{w, http.NewResponseController(w)}
	defer func() { _ = p.control.SetWriteDeadline(time.Time{}) }()
	if _, err := f.WriteTo(p); err != nil {
		panic(http.ErrAbortHandler) // the client is gone, or has to see that this is not all
	}
}

// patient gives each block its own time to be written.
type patient struct {
	http.ResponseWriter
	control *http.ResponseController
}

// Write implements io.Writer.
func (p *patient) Write(block []byte) (int, error) {
	_ = p.control.SetWriteDeadline(time.Now().Add(writePatience)) // a writer without deadlines is a test's
	return p.ResponseWriter.Write(block)
}

func writeParts(w http.ResponseWriter, status int, parts [][]byte) {
	length := 0
	for _, part := range parts {
		length += len(part)
	}
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Length", strconv.Itoa(length))
	patience := writePatience + time.Duration(int64(length)/writeRate)*time.Second
	control := http.NewResponseController(w)
	_ = control.SetWriteDeadline(time.Now().Add(patience)) // a writer without deadlines is a test's
	defer func() { _ = control.SetWriteDeadline(time.Time{}) }()
	w.WriteHeader(status)
	for _, part := range parts {
		if _, err := w.Write(part); err != nil {
			return // the client is gone
		}
	}
}

func writeValue(w http.ResponseWriter, status int, v any) {
	writeJSON(w, status, mustEncode(v))
}

// mustEncode is encodeJSON for types of our own, which can be encoded.
func mustEncode(v any) []byte {
	body, err := encodeJSON(v)
	if err != nil {
		panic("server: " + err.Error())
	}
	return body
}

// encodeJSON is json.Marshal without the escapes for HTML.
func encodeJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// writeError answers with the one error body: {"error": "text"}. Source: OIP v2, "Inference Response JSON Error Object".
func writeError(w http.ResponseWriter, err error) {
	status := statusOf(err)
	retryAfter(w.Header(), status, err)
	writeJSON(w, status, errorBody(err))
}

func errorBody(err error) []byte { return mustEncode(map[string]string{"error": err.Error()}) }
