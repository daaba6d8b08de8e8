package rogue

import (
	"net/http"
	"slices"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	pb "github.com/manifold-serving/manifold/gen/inferencepb"
)

// question answers a method of gRPC other than inference.
func (s *Server) question(w http.ResponseWriter, r *http.Request, method string) {
	g := &grpcReply{w: w}
	s.books.asked(method)
	b, _ := s.orders.now()
	if b.Dead {
		<-r.Context().Done()
		return
	}
	answer, code, err := s.answerTo(method, r)
	if err == nil && code == codes.OK {
		var message []byte
		if message, err = proto.Marshal(answer); err == nil {
			_, err = w.Write(prefixed(message))
		}
	}
	switch {
	case err != nil:
		g.end(codes.Internal, err.Error())
	default:
		g.end(code, "")
	}
}

func (s *Server) answerTo(method string, r *http.Request) (proto.Message, codes.Code, error) {
	switch method {
	case "ServerLive":
		return &pb.ServerLiveResponse{Live: true}, codes.OK, nil
	case "ServerReady":
		return &pb.ServerReadyResponse{Ready: s.orders.ready("")}, codes.OK, nil
	case "ServerMetadata":
		m := s.serverMetadata()
		return &pb.ServerMetadataResponse{Name: m.Name, Version: m.Version}, codes.OK, nil
	case "ModelReady":
		var req pb.ModelReadyRequest
		err := readMessage(r.Body, &req)
		if !s.has(req.Name) {
			return nil, codes.NotFound, err
		}
		return &pb.ModelReadyResponse{Ready: s.orders.ready(req.Name)}, codes.OK, err
	case "ModelMetadata":
		var req pb.ModelMetadataRequest
		err := readMessage(r.Body, &req)
		if !s.has(req.Name) {
			return nil, codes.NotFound, err
		}
		return s.modelMetadata(req.Name), codes.OK, err
	}
	return nil, codes.Unimplemented, nil
}

// has tells whether the server admits to have a model.
func (s *Server) has(model string) bool { return slices.Contains(s.orders.models(), model) }
