package infer

import (
	"bytes"
	"encoding/json"
	"strconv"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"
)

// Document is the body of a message that has no tensors: bytes that only a client and its model understand, such as the JSON of
// KServe's V1 protocol. It never comes from the wire nor goes onto it; the gateway makes it at one edge and sends it at another.
// It lives as long as its message.
type Document struct {
	ContentType string // a media type; empty is application/json

	body mem.Buffer
}

// Bytes is the body, which must not be changed.
func (d *Document) Bytes() []byte { return d.body.ReadOnlyData() }

// Share returns the body with a reference of the caller's own.
func (d *Document) Share() mem.Buffer {
	d.body.Ref()
	return d.body
}

func (d *Document) shared() *Document {
	if d == nil {
		return nil
	}
	return &Document{d.ContentType, d.Share()}
}

// DocumentTaker is a Handler that may take documents. It answers in the form that it is asked in: a document with a document, and
// tensors with tensors.
type DocumentTaker interface {
	TakesDocuments() bool
}

// TakesDocuments reports whether h takes documents. A Handler that says nothing takes tensors alone.
func TakesDocuments(h Handler) bool {
	t, ok := h.(DocumentTaker)
	return ok && t.TakesDocuments()
}

// NewDocumentRequest builds a request whose body is a document. It takes body over.
func NewDocumentRequest(h Head, contentType string, body mem.Buffer) *Request {
	r := NewRequest(h, nil, nil)
	r.document = &Document{contentType, body}
	return r
}

// NewDocumentResponse builds a response whose body is a document. It takes body over.
func NewDocumentResponse(h Head, contentType string, body mem.Buffer) *Response {
	r := NewResponse(h, nil)
	r.document = &Document{contentType, body}
	return r
}

// Document is the message's body when that is a document; nil when it is tensors.
func (m *message) Document() *Document { return m.document }

// with gives a message that was edited its document back.
func (r *Request) with(d *Document) *Request {
	r.document = d.shared()
	return r
}

func (r *Response) with(d *Document) *Response {
	r.document = d.shared()
	return r
}

// mergeDocuments is [Merge] for documents: a JSON object with each member's document under its name, and {"error": text} for one
// that failed. Documents have to be JSON for that; INTERNAL when one is not. Source: KServe's router, Ensemble.
func mergeDocuments(h Head, members []Member) (*Response, error) {
	merged := []byte{'{'}
	for i, m := range members {
		if i > 0 {
			merged = append(merged, ',')
		}
		merged = append(appendJSON(merged, m.Name), ':')
		if m.Response == nil {
			h.Parameters = append(h.Parameters, Parameter{m.Name + ".error", m.Err.Error()})
			merged = append(appendJSON(append(merged, `{"error":`...), m.Err.Error()), '}')
			continue
		}
		d := m.Response.document
		if d == nil || !json.Valid(d.Bytes()) {
			return nil, Errorf(codes.Internal, "the answer of step %q is not JSON, so it cannot be merged with the others", m.Name)
		}
		merged = append(merged, bytes.TrimSpace(d.Bytes())...)
	}
	return NewDocumentResponse(h, "", mem.SliceBuffer(append(merged, '}'))), nil
}

func appendJSON(dst []byte, text string) []byte {
	quoted, err := json.Marshal(text)
	if err != nil {
		return strconv.AppendQuote(dst, text) // every string has JSON
	}
	return append(dst, quoted...)
}

// WithInstances is r with the predictions of a V1 response as the instances of a V1 request: {"predictions": […], …} becomes
// {"instances": […]}, and anything else stays as it is, as tensors do. It shares the bytes; the caller frees it.
// Source: KServe's mapPredictionsToInstances.
func (r *Request) WithInstances() *Request {
	same := r.Edit(Edit{})
	if r.document == nil {
		return same
	}
	var body map[string]json.RawMessage
	if json.Unmarshal(r.document.Bytes(), &body) != nil {
		return same
	}
	rows := bytes.TrimSpace(body["predictions"])
	if len(rows) < 2 || rows[0] != '[' || len(bytes.TrimSpace(rows[1:len(rows)-1])) == 0 {
		return same
	}
	same.document.body.Free()
	mapped := append(append([]byte(`{"instances":`), rows...), '}')
	same.document.body = mem.SliceBuffer(mapped)
	return same
}
