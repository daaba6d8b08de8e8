package server

import (
	"errors"
	"mime"
	"net/http"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/tensorjson"
	"github.com/manifold-serving/manifold/infer/v1json"
)

// v1Routes are those of KServe's V1 protocol, and TensorFlow Serving's for a version of a model.
func (e *rest) v1Routes() []route {
	return []route{
		{http.MethodGet, "/", e.aliveV1},
		{http.MethodGet, "/v1/models", e.models},
		{http.MethodGet, "/v1/models/{name}", e.readyV1},
		{http.MethodPost, "/v1/models/{name}:predict", e.predict},
		{http.MethodPost, "/v1/models/{name}/versions/{version}:predict", e.predict},
	}
}

// aliveV1 answers that the process lives; KServe's clients ask so with protocol v1. Source: KServe, "Data Plane (V1)".
func (e *rest) aliveV1(w http.ResponseWriter, _ *http.Request, _ map[string]string) {
	writeValue(w, http.StatusOK, map[string]string{"status": "alive"})
}

// readyV1 answers whether a model is ready; 503 when it is not. Source: KServe, "Data Plane (V1)".
func (e *rest) readyV1(w http.ResponseWriter, r *http.Request, path map[string]string) {
	client := inferencepb.NewGRPCInferenceServiceClient(e.conn)
	reply, err := client.ModelReady(r.Context(), &inferencepb.ModelReadyRequest{Name: path["name"]})
	if err != nil {
		writeError(w, shown(err))
		return
	}
	writeValue(w, http.StatusOK, modelReady{path["name"], reply.GetReady()})
}

// predict serves POST …:predict: a document for the model, or one that is translated for it. The Content-Type is not asked, as
// TensorFlow Serving and KServe do not.
func (e *rest) predict(w http.ResponseWriter, r *http.Request, path map[string]string) {
	p := &prediction{restStream{
		inference: e.inference,
		request:   r,
		options:   tensorjson.Options{ModelName: path["name"], ModelVersion: path["version"]},
		body:      e.reader(w),
		charge:    charge{budget: e.inference.budget},
	}}
	defer p.free()
	info := &grpc.StreamServerInfo{FullMethod: inferencepb.GRPCInferenceService_ModelInfer_FullMethodName}
	if err := e.interceptors.stream(nil, p, info, p.serve); err != nil {
		if errors.Is(err, errCoding) {
			w.Header().Set("Accept-Encoding", allCodings)
		}
		writeError(w, err)
		return
	}
	writeDocument(w, p.answer.Document(), e.coding(r))
}

// prediction is one V1 call. It is a stream for the interceptors' sake, as ModelInfer is.
type prediction struct{ restStream }

// serve leaves the document in answer.
func (p *prediction) serve(_ any, stream grpc.ServerStream) error {
	ctx := stream.Context()
	share := charge{budget: p.inference.budget}
	if err := share.grow(min(int64(unreadBytes), share.budget.limit)); err != nil {
		return err
	}
	defer share.release()
	model, err := p.inference.find(ctx, p.options.ModelName, p.options.ModelVersion)
	if err != nil {
		return err
	}
	req, err := p.document()
	if err != nil {
		return err
	}
	defer req.Free()
	callOf(ctx).received = req.Size()
	if !infer.TakesDocuments(model) {
		if err := share.grow(int64(req.Size())); err != nil { // for the tensors that are made of it
			return err
		}
		model = v1json.Model{Model: model}
	}
	resp, err := model.Infer(ctx, req)
	if err != nil {
		return err
	}
	p.answer = resp
	if resp.Document() == nil {
		return infer.Errorf(codes.Internal, "model %q answered a document with tensors", p.options.ModelName)
	}
	callOf(ctx).sent = resp.Size()
	return nil
}

// document reads the body. What is in the request stays charged until the call ends.
func (p *prediction) document() (*infer.Request, error) {
	var err error
	if p.body.source, p.body.length, err = decoded(p.request, p.body.limit); err != nil {
		return nil, err
	}
	owned, err := p.body.read()
	if err != nil {
		return nil, err
	}
	head := infer.Head{ModelName: p.options.ModelName, ModelVersion: p.options.ModelVersion}
	body, charged := owned.share()
	p.charge = charged
	return infer.NewDocumentRequest(head, v1json.ContentType, body), nil
}

// writeDocument answers with a document, in a coding when there is one.
func writeDocument(w http.ResponseWriter, d *infer.Document, coding string) {
	w.Header().Set("Content-Type", mediaType(d.ContentType))
	parts := [][]byte{d.Bytes()}
	if coding != "" && len(parts[0]) >= minCompress {
		w.Header().Set("Content-Encoding", coding)
		parts[0] = compressed(coding, parts)
	}
	writeParts(w, http.StatusOK, parts)
}

// mediaType is a model's Content-Type where it is one.
func mediaType(text string) string {
	if text == "" {
		return v1json.ContentType
	}
	kind, parameters, err := mime.ParseMediaType(clip(text, maxName))
	if text = mime.FormatMediaType(kind, parameters); err != nil || text == "" {
		return "application/octet-stream"
	}
	return text
}
