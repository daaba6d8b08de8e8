package server

import (
	"context"
	"errors"
	"net/http"

	"google.golang.org/grpc"
	"google.golang.org/grpc/mem"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/tensorjson"
)

// infer serves POST …/infer: it is ModelInfer over a stream that reads and writes JSON, with binary data behind it.
func (e *rest) infer(w http.ResponseWriter, r *http.Request, path map[string]string) {
	stream := &restStream{
		inference: e.inference,
		request:   r,
		options: tensorjson.Options{
			ModelName: path["name"], ModelVersion: path["version"], SharedMemory: len(e.inference.memory) > 0,
		},
		body:   e.reader(w),
		charge: charge{budget: e.inference.budget},
		coding: e.coding(r),
	}
	defer stream.free()
	info := &grpc.StreamServerInfo{FullMethod: inferencepb.GRPCInferenceService_ModelInfer_FullMethodName}
	if err := e.interceptors.stream(nil, stream, info, e.inference.serve); err != nil {
		if errors.Is(err, errCoding) {
			w.Header().Set("Accept-Encoding", allCodings)
		}
		e.fail(w, err)
		return
	}
	writeFramed(w, stream.reply, stream.coding)
}

// coding is the content coding of an answer, "" for none. Many clients accept codings without a wish for them, and to compress
// tensors takes longer than to send them, so it is done only where the operator says so.
func (e *rest) coding(r *http.Request) string {
	if !e.compress {
		return ""
	}
	return acceptable(r.Header)
}

// restStream is one REST infer call, as the handler of ModelInfer sees it.
type restStream struct {
	restCall

	inference *inference
	request   *http.Request
	options   tensorjson.Options
	body      bodyReader
	charge    charge // for the JSON of a body that the request refers to
	form      tensorjson.OutputForm
	coding    string          // of the answer
	answer    *infer.Response // holds what reply refers to
	reply     tensorjson.Framed
}

var _ grpc.ServerStream = (*restStream)(nil)

// Context implements grpc.ServerStream.
func (s *restStream) Context() context.Context { return s.request.Context() }

// RecvMsg implements grpc.ServerStream: it reads the body into a frame.
func (s *restStream) RecvMsg(m any) error {
	model, err := s.inference.find(s.Context(), s.options.ModelName, s.options.ModelVersion)
	if err != nil {
		return err
	}
	framing, err := framingOf(s.request.Header)
	if err != nil {
		return err
	}
	if s.body.source, s.body.length, err = decoded(s.request, s.body.limit); err != nil {
		return err
	}
	var req *infer.Request
	if !framing.given && s.body.isLarge() {
		req, s.form, err = s.body.decode(s.options)
	} else {
		req, err = s.whole(model, framing)
	}
	if err != nil {
		return err
	}
	defer req.Free()
	m.(*infer.Frame).Buffers = req.Marshal()
	return nil
}

// whole makes the request of the whole body.
func (s *restStream) whole(model infer.Model, f framing) (*infer.Request, error) {
	owned, err := s.body.read()
	if err != nil {
		return nil, err
	}
	var body mem.Buffer
	body, s.charge = owned.share()
	defer body.Free()
	return s.decode(model, f, body)
}

// decode makes the request. What the body's buffer has beside the request's own data stays charged as long as that.
func (s *restStream) decode(model infer.Model, f framing, body mem.Buffer) (*infer.Request, error) {
	if f.raw() {
		s.form.AllBinary = true
		s.charge.shrink(0)
		return rawRequest(s.Context(), model, body, s.options, s.body.buffers)
	}
	text, data, err := f.split(body)
	if err != nil {
		return nil, err
	}
	var req *infer.Request
	req, s.form, err = tensorjson.DecodeFramed(text, data, s.options)
	kept := len(text)
	if data == nil || data.Len() == 0 {
		kept = 0
	}
	s.charge.shrink(int64(kept))
	if data != nil {
		data.Free()
	}
	return req, err
}

// SendMsg implements grpc.ServerStream: it writes a frame as a body. Like grpc-go it takes the frame's reference over.
func (s *restStream) SendMsg(m any) error {
	resp, err := infer.ParseResponse(m.(*infer.Frame).Buffers)
	if err != nil {
		return err
	}
	s.answer = resp
	if s.coding == "" {
		s.reply, err = tensorjson.EncodeLater(resp, s.form, s.options)
	} else {
		s.reply, err = tensorjson.EncodeFramed(resp, s.form, s.options)
	}
	return err
}

// free ends the call, after the answer was written.
func (s *restStream) free() {
	if s.answer != nil {
		s.answer.Free()
	}
	s.charge.release()
}
