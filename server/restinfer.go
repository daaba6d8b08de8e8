package server

import (
	"context"
	"net/http"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/metadata"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/tensorjson"
)

// infer serves POST …/infer: it is ModelInfer over a stream that reads and writes JSON.
func (e *rest) infer(w http.ResponseWriter, r *http.Request, path map[string]string) {
	stream := &restStream{
		inference: e.inference, request: r,
		options: tensorjson.Options{ModelName: path["name"], ModelVersion: path["version"]},
		body: bodyReader{
			source:  r.Body,
			length:  r.ContentLength,
			limit:   e.messageBytes,
			budget:  e.inference.budget,
			buffers: e.buffers,
			control: http.NewResponseController(w),
		},
	}
	info := &grpc.StreamServerInfo{FullMethod: inferencepb.GRPCInferenceService_ModelInfer_FullMethodName}
	if err := e.interceptors.stream(nil, stream, info, e.inference.serve); err != nil {
		if statusOf(err) == http.StatusNotImplemented {
			w.Header().Set("Accept-Encoding", identity)
		}
		writeError(w, err)
		return
	}
	writeJSON(w, http.StatusOK, stream.reply)
}

// restStream is one REST infer call, as the handler of ModelInfer sees it.
type restStream struct {
	inference *inference
	request   *http.Request
	options   tensorjson.Options
	body      bodyReader
	reply     []byte
}

var _ grpc.ServerStream = (*restStream)(nil)

// Context implements grpc.ServerStream.
func (s *restStream) Context() context.Context { return s.request.Context() }

// RecvMsg implements grpc.ServerStream: it reads the body into a frame.
func (s *restStream) RecvMsg(m any) error {
	if _, err := s.inference.find(s.Context(), s.options.ModelName, s.options.ModelVersion); err != nil {
		return err
	}
	if err := checkFraming(s.request.Header); err != nil {
		return err
	}
	body, err := s.body.read()
	if err != nil {
		return err
	}
	defer body.free()
	req, err := tensorjson.DecodeRequest(body.bytes(), s.options)
	if err != nil {
		return err
	}
	defer req.Free()
	m.(*infer.Frame).Buffers = req.Marshal()
	return nil
}

// SendMsg implements grpc.ServerStream: it writes a frame as JSON. Like grpc-go it takes the frame's reference over.
func (s *restStream) SendMsg(m any) error {
	resp, err := infer.ParseResponse(m.(*infer.Frame).Buffers)
	if err != nil {
		return err
	}
	defer resp.Free()
	s.reply, err = tensorjson.AppendResponse(nil, resp, s.options)
	return err
}

// SetHeader implements grpc.ServerStream; headers of gRPC do not leave over REST.
func (*restStream) SetHeader(metadata.MD) error { return nil }

// SendHeader implements grpc.ServerStream.
func (*restStream) SendHeader(metadata.MD) error { return nil }

// SetTrailer implements grpc.ServerStream.
func (*restStream) SetTrailer(metadata.MD) {}

const (
	identity           = "identity"
	headerLengthHeader = "Inference-Header-Content-Length"
)

// checkFraming refuses bodies that are not plain JSON. The Content-Type is not asked: clients send none, or anything.
func checkFraming(h http.Header) error {
	if h.Get(headerLengthHeader) != "" {
		return infer.Errorf(codes.Unimplemented,
			"the extension binary_tensor_data is not served here; send the tensors as JSON, without the header %s", headerLengthHeader)
	}
	if coding := h.Get("Content-Encoding"); coding != "" && coding != identity {
		return infer.Errorf(codes.Unimplemented, "Content-Encoding %q is not served here; send the body as it is", clip(coding, maxName))
	}
	return nil
}

// ownedBody is a body in a buffer of a pool, with its charge.
type ownedBody struct {
	buffer  *[]byte
	length  int
	buffers mem.BufferPool
	charge  charge
}

func (b *ownedBody) bytes() []byte { return (*b.buffer)[:b.length] }

func (b *ownedBody) free() {
	b.buffers.Put(b.buffer)
	b.charge.release()
}
