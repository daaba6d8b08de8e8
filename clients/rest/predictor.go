package rest

import (
	"cmp"
	"context"
	"net/http"
	"net/url"

	"google.golang.org/grpc/mem"

	"github.com/manifold-serving/manifold/clients/balance"
	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/v1json"
)

// predictor is a model over V1: it takes documents. It is safe for concurrent use, and dies with its Server.
type predictor struct {
	server  *Server
	name    string
	version string // empty: the one that a request names, or the server's choice
	path    string // where documents go; empty: where V1 has it
}

var (
	_ infer.Model         = (*predictor)(nil)
	_ infer.DocumentTaker = (*predictor)(nil)
)

// TakesDocuments implements [infer.DocumentTaker].
func (*predictor) TakesDocuments() bool { return true }

// Infer implements [infer.Handler]. A document is sent and answered as it is. Tensors become rows, and what comes back becomes tensors of
// the datatypes that JSON tells apart; see [v1json.DecodeResponse].
func (p *predictor) Infer(ctx context.Context, req *infer.Request) (*infer.Response, error) {
	return p.server.counter(p.name).Infer(ctx, infer.HandlerFunc(p.infer), req)
}

func (p *predictor) infer(ctx context.Context, req *infer.Request) (*infer.Response, error) {
	if d := req.Document(); d != nil {
		shared := mem.BufferSlice{d.Share()}
		defer shared.Free()
		return p.post(ctx, req, newBody(shared, d.Bytes()), d.ContentType, func(a *answer) (*infer.Response, error) {
			return infer.NewDocumentResponse(p.head(req), a.header.Get("Content-Type"), mem.SliceBuffer(a.body)), nil
		})
	}
	text, err := v1json.AppendRequest(nil, req)
	if err != nil {
		return nil, infer.At(p.server.origin(nil), err)
	}
	resp, err := p.post(ctx, req, newBody(nil, text), "", func(a *answer) (*infer.Response, error) {
		resp, err := v1json.DecodeResponse(a.body, p.head(req))
		return resp, infer.At(p.server.origin(a.link), err)
	})
	if err != nil {
		return nil, err
	}
	return requested(resp, req)
}

func (p *predictor) head(req *infer.Request) infer.Head {
	return infer.Head{ModelName: p.name, ModelVersion: req.ModelVersion(), ID: req.ID()}
}

func (p *predictor) post(
	ctx context.Context, req *infer.Request, b *body, contentType string, read func(*answer) (*infer.Response, error),
) (*infer.Response, error) {
	q := query{method: http.MethodPost, path: p.path, header: http.Header{}, body: b, limit: int(p.server.options.MessageBytes)}
	if b.length > int64(q.limit) {
		return nil, infer.At(p.server.origin(nil), infer.TooLarge(
			"the body has %d bytes, but at most %d go to it; send smaller batches or raise messageBytes of ModelServer %s", b.length, q.limit, p.server.name))
	}
	if q.path == "" {
		q.path = p.model()
		if v := cmp.Or(p.version, req.ModelVersion()); v != "" {
			q.path += "/versions/" + url.PathEscape(v)
		}
		q.path += ":predict"
	}
	if contentType == "" {
		contentType = v1json.ContentType
	}
	q.header.Set("Content-Type", contentType)
	return p.server.work(ctx, p.call(), q, read)
}

// call is what is known of a call: V1 has models answer the same each time, while what a path of its own does is anybody's guess.
func (p *predictor) call() balance.Call {
	if p.path != "" {
		return balance.Call{Model: p.path}
	}
	return balance.Call{Model: p.name, Repeatable: true}
}

func (p *predictor) model() string { return predictorPath(p.name) }

func predictorPath(model string) string { return "/v1/models/" + url.PathEscape(model) }

// Version returns that version of the model.
func (p *predictor) Version(version string) (infer.Model, error) {
	return &predictor{p.server, p.name, version, p.path}, nil
}

// Stream implements [infer.Streamer]; V1 answers once.
func (p *predictor) Stream(ctx context.Context, req *infer.Request, yield func(infer.Reply) error) error {
	return infer.StreamOnce(ctx, p, req, yield)
}

// Metadata implements [infer.Describer]: V1 tells nothing of inputs and outputs.
func (p *predictor) Metadata(context.Context) (*infer.Metadata, error) {
	return &infer.Metadata{Name: p.name, Versions: []string{cmp.Or(p.version, firstVersion)}, Platform: "v1"}, nil
}

// Config implements [infer.Configurer].
func (p *predictor) Config(ctx context.Context) (*inferencepb.ModelConfig, error) {
	described, err := p.Metadata(ctx)
	if err != nil {
		return nil, err
	}
	return described.Config(), nil
}

// Statistics implements [infer.Reporter].
func (p *predictor) Statistics(context.Context) ([]*inferencepb.ModelStatistics, error) {
	return []*inferencepb.ModelStatistics{p.server.counter(p.name).Statistics(p.name, firstVersion)}, nil
}

// Ready implements [infer.Prober]. Where documents go to a path of their own nothing tells, and it is taken for ready.
func (p *predictor) Ready(ctx context.Context) error {
	if p.path != "" {
		return nil
	}
	return p.server.ready(ctx, p.model(), p.name)
}
