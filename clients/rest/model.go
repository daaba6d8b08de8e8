package rest

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"net/url"
	"strconv"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"

	"github.com/manifold-serving/manifold/clients"
	"github.com/manifold-serving/manifold/clients/balance"
	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/tensorjson"
)

// model is a model over OIP's REST. It is safe for concurrent use, and dies with its Server.
type model struct {
	server  *Server
	name    string
	version string // empty: the one that a request names, or the server's choice
}

var _ infer.Model = (*model)(nil)

// Infer implements [infer.Handler]: it sends req under the model's own name. A caller without a deadline gets the server's Timeout.
func (m *model) Infer(ctx context.Context, req *infer.Request) (*infer.Response, error) {
	return m.server.counter(m.name).Infer(ctx, infer.HandlerFunc(m.infer), req)
}

func (m *model) infer(ctx context.Context, req *infer.Request) (*infer.Response, error) {
	t, err := m.server.told(ctx)
	if err != nil {
		return nil, err
	}
	q, err := m.query(req, t)
	if err != nil {
		return nil, infer.At(m.server.origin(nil), err)
	}
	defer q.body.shared.Free()
	resp, err := m.server.work(ctx, m.call(req), q, func(a *answer) (*infer.Response, error) {
		resp, err := decode(a)
		if err != nil {
			return nil, m.server.broken(a, "its answer", err)
		}
		return resp, nil
	})
	if err != nil {
		return nil, err
	}
	return requested(resp, req)
}

// call is what is known of a call: a model answers the same each time, unless it has a state.
func (m *model) call(req *infer.Request) balance.Call {
	sequence := clients.SequenceOf(m.name, req)
	return balance.Call{Model: m.name, Sequence: sequence, Repeatable: sequence == ""}
}

// query makes the call. The caller frees the shared buffers of its body.
func (m *model) query(req *infer.Request, t traits) (query, error) {
	q := query{method: http.MethodPost, path: m.path(cmp.Or(m.version, req.ModelVersion())) + "/infer", header: http.Header{}, limit: int(m.server.options.MessageBytes)}
	if req.Size() > q.limit {
		return q, infer.TooLarge(
			"the request has %d bytes, but at most %d go to it; send smaller batches or raise messageBytes of ModelServer %s", req.Size(), q.limit, m.server.name)
	}
	if t.binary {
		f, err := tensorjson.EncodeFramedRequest(req)
		if err != nil {
			return q, err
		}
		q.header.Set("Content-Type", "application/octet-stream")
		q.header.Set(headerLength, strconv.Itoa(len(f.JSON)))
		q.body = newBody(req.Marshal(), append([][]byte{f.JSON}, f.Binary...)...)
		return q, nil
	}
	if req.ID() == "" { // KServe's server cannot answer without one
		named := req.Edit(infer.Edit{ID: new(newID())})
		defer named.Free()
		req = named
	}
	text, err := tensorjson.AppendRequest(nil, req, tensorjson.Options{Base64Bytes: t.base64})
	if err != nil {
		return q, err
	}
	q.header.Set("Content-Type", "application/json")
	q.body = newBody(nil, text)
	return q, nil
}

// headerLength is the length of the JSON in front of binary data. Source: Triton, "Binary Tensor Data Extension".
const headerLength = "Inference-Header-Content-Length"

// path is the model's, with a version when there is one.
func (m *model) path(version string) string {
	path := modelPath(m.name)
	if version != "" {
		path += "/versions/" + url.PathEscape(version)
	}
	return path
}

func modelPath(model string) string { return "/v2/models/" + url.PathEscape(model) }

// decode reads an answer; binary data stay where they are.
func decode(a *answer) (*infer.Response, error) {
	text := a.header.Get(headerLength)
	if text == "" {
		return tensorjson.DecodeResponse(a.body)
	}
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil || int(n) > len(a.body) {
		return nil, infer.Errorf(codes.Internal, "%s is %q, but the body has %d bytes", headerLength, text, len(a.body))
	}
	return tensorjson.DecodeFramedResponse(a.body[:n], mem.SliceBuffer(a.body[n:]))
}

// requested is resp with the outputs that req asks for and no others, and with its id; servers may send more. It takes resp over.
func requested(resp *infer.Response, req *infer.Request) (*infer.Response, error) {
	outputs, err := req.Outputs()
	if err != nil {
		resp.Free()
		return nil, err
	}
	if len(outputs) > 0 && len(outputs) < len(resp.Tensors()) {
		names := make([]string, len(outputs))
		for i := range outputs {
			names[i] = outputs[i].Name
		}
		if resp, err = resp.Select(names); err != nil {
			return nil, err
		}
	}
	if resp.ID() != req.ID() {
		resp = resp.Edit(infer.Edit{ID: new(req.ID())})
	}
	return resp, nil
}

func newID() string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails: it crashes the program instead
	return hex.EncodeToString(id[:])
}

// Version returns that version of the model.
func (m *model) Version(version string) (infer.Model, error) {
	return &model{m.server, m.name, version}, nil
}

// Stream implements [infer.Streamer]; over REST a model answers once.
func (m *model) Stream(ctx context.Context, req *infer.Request, yield func(infer.Reply) error) error {
	return infer.StreamOnce(ctx, m, req, yield)
}

// Statistics implements [infer.Reporter].
func (m *model) Statistics(context.Context) ([]*inferencepb.ModelStatistics, error) {
	return []*inferencepb.ModelStatistics{m.server.counter(m.name).Statistics(m.name, firstVersion)}, nil
}

// Metadata implements [infer.Describer]. What the server tells is remembered for half a minute.
func (m *model) Metadata(ctx context.Context) (*infer.Metadata, error) {
	return m.server.metadata.get(ctx, m.path(m.version), always[*infer.Metadata](lifetime), m.askMetadata)
}

// Ready implements [infer.Prober]: it asks the server each time. UNAVAILABLE when the model is not ready.
func (m *model) Ready(ctx context.Context) error {
	return m.server.ready(ctx, m.path(m.version)+"/ready", m.name)
}
