package rogue

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"google.golang.org/grpc/codes"

	pb "github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/internal/faultlab/backend"
	"github.com/manifold-serving/manifold/internal/faultlab/proof"
)

// grpcReply answers over gRPC, one call or each of a stream.
type grpcReply struct {
	w      http.ResponseWriter
	stream bool
	ended  bool // it has a status, or shall have none
}

// fail implements [replier].
func (g *grpcReply) fail(f backend.Fail) error {
	if f.Pushback != "" {
		g.w.Header().Set(http.TrailerPrefix+"grpc-retry-pushback-ms", f.Pushback)
	}
	code, _ := f.StatusCode() // it was checked when it was ordered
	g.end(code, f.Message)
	return nil
}

// answer implements [replier].
func (g *grpcReply) answer(ctx context.Context, l lot, model string, a proof.Answer) (cut bool, err error) {
	if l.lie == backend.LieHTML && !g.stream {
		g.ended = true
		g.w.Header().Set("Content-Type", "text/html")
		_, err := io.WriteString(g.w, page)
		return false, err
	}
	padding(l.ordered.Answer.TrailerBytes, func(value string) { g.w.Header().Add(http.TrailerPrefix+"x-padding", value) })
	if l.ordered.Answer.Endless {
		return false, g.endless(ctx, l, model, a)
	}
	for _, message := range l.messages(model, a) {
		if cut, err = g.send(ctx, l, message); cut || err != nil {
			return cut, err
		}
	}
	return false, nil
}

func (g *grpcReply) send(ctx context.Context, l lot, message []byte) (cut bool, err error) {
	if !g.stream {
		return l.write(ctx, g.w, prefixed(message))
	}
	if cut, err = l.write(ctx, g.w, prefixed(streamed(message))); cut || err != nil {
		return cut, err
	}
	return false, http.NewResponseController(g.w).Flush()
}

// endless is a message without an end, or a stream without one.
func (g *grpcReply) endless(ctx context.Context, l lot, model string, a proof.Answer) error {
	if !g.stream {
		if _, err := g.w.Write([]byte{0, 0x40, 0, 0, 0}); err != nil {
			return err
		}
		return pour(ctx, g.w)
	}
	for _, message := range l.messages(model, a) {
		for {
			if _, err := g.send(ctx, l, message); err != nil {
				return err
			}
		}
	}
	return nil
}

// end gives the call its status, unless it has one.
func (g *grpcReply) end(code codes.Code, message string) {
	if g.ended {
		return
	}
	g.ended = true
	g.w.Header().Set(http.TrailerPrefix+"grpc-status", strconv.Itoa(int(code)))
	if message != "" {
		g.w.Header().Set(http.TrailerPrefix+"grpc-message", url.PathEscape(message))
	}
}

// modelInfer is ModelInfer, and with stream ModelStreamInfer, one message after the other.
func (s *Server) modelInfer(w http.ResponseWriter, r *http.Request, stream bool) {
	g := &grpcReply{w: w, stream: stream}
	for !g.ended {
		var req pb.ModelInferRequest
		err := readMessage(r.Body, &req)
		if stream && errors.Is(err, io.EOF) {
			break
		}
		in, code, why := s.incoming(r, &req, err)
		if code != codes.OK {
			s.books.refused(req.ModelName)
			g.end(code, why)
			return
		}
		outcome := s.perform(r.Context(), in, g)
		if outcome == backend.WasCut {
			s.cut(r)
		}
		if outcome == backend.Cancelled || !stream {
			break
		}
	}
	g.end(codes.OK, "")
}

// incoming is the call of a message that was read with err, or why it is none.
func (s *Server) incoming(r *http.Request, req *pb.ModelInferRequest, err error) (in incoming, code codes.Code, why string) {
	if err != nil {
		return in, codes.Internal, err.Error()
	}
	if !s.has(req.ModelName) {
		return in, codes.NotFound, "unknown model " + req.ModelName
	}
	in.model = req.ModelName
	if in.call, err = proof.CallOf(req); err != nil {
		return in, codes.InvalidArgument, err.Error()
	}
	in.left, in.bound = timeout(r.Header.Get("Grpc-Timeout"))
	return in, codes.OK, ""
}

// cut ends a call in its middle: its stream, or when that is ordered its connection.
func (s *Server) cut(r *http.Request) {
	b, _ := s.orders.now()
	if c, ok := r.Context().Value(connKey{}).(*conn); ok && b.Cut.Connection {
		c.reset()
	}
	panic(http.ErrAbortHandler)
}
