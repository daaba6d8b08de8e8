package server

import (
	"net/http"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/infer"
)

// events writes server-sent events as Triton does: nothing but data lines of JSON, each with an empty line behind it. The first fixes the
// status. Source: WHATWG HTML, "Server-sent events"; Triton, "Generate Extension".
type events struct {
	w       http.ResponseWriter
	control *http.ResponseController
	began   bool
}

func newEvents(w http.ResponseWriter) *events {
	return &events{w: w, control: http.NewResponseController(w)}
}

// begin sends the head of the answer, if that is not gone.
func (s *events) begin(status int) {
	if s.began {
		return
	}
	s.began = true
	h := s.w.Header()
	h.Set("Content-Type", "text/event-stream; charset=utf-8")
	h.Set("Cache-Control", "no-cache")
	h.Set("X-Accel-Buffering", "no") // a proxy that waited for more would hold the events back
	h.Set("X-Content-Type-Options", "nosniff")
	s.w.WriteHeader(status)
}

// send writes one event and flushes it. JSON has no line breaks of its own, which would end the event's data. CANCELLED when the
// client is gone or does not read.
func (s *events) send(status int, json []byte) error {
	patience := writePatience + time.Duration(int64(len(json))/writeRate)*time.Second
	_ = s.control.SetWriteDeadline(time.Now().Add(patience)) // a writer without deadlines is a test's
	defer func() { _ = s.control.SetWriteDeadline(time.Time{}) }()
	s.begin(status)
	event := make([]byte, 0, len("data: ")+len(json)+len("\n\n"))
	event = append(append(append(event, "data: "...), json...), "\n\n"...)
	_, err := s.w.Write(event)
	if err == nil {
		err = s.control.Flush()
	}
	if err != nil {
		return infer.Errorf(codes.Canceled, "the client does not take its events: %w", err)
	}
	return nil
}

// flush sends what has been written, the head of an answer without events too.
func (s *events) flush() { _ = s.control.Flush() } // fails when the client is gone
