package server

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/manifold-serving/manifold/internal/units"
)

// A client that does not read its answer is cut off after a minute, and a second for each MiB more.
const (
	writePatience = time.Minute
	writeRate     = int64(units.MiB)
)

// writeJSON answers with a whole body, so that the client gets its length; some clients read once.
func writeJSON(w http.ResponseWriter, status int, body []byte) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	patience := writePatience + time.Duration(int64(len(body))/writeRate)*time.Second
	control := http.NewResponseController(w)
	_ = control.SetWriteDeadline(time.Now().Add(patience)) // a writer without deadlines is a test's
	defer func() { _ = control.SetWriteDeadline(time.Time{}) }()
	w.WriteHeader(status)
	_, _ = w.Write(body) // fails when the client is gone
}

func writeValue(w http.ResponseWriter, status int, v any) {
	body, err := encodeJSON(v)
	if err != nil {
		panic("server: " + err.Error()) // only our own types come here
	}
	writeJSON(w, status, body)
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
	if status == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", "1")
	}
	writeValue(w, status, map[string]string{"error": err.Error()})
}
