package rogue

import (
	"context"
	"encoding/json"
	"io"
	"net/http"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/internal/faultlab/backend"
	"github.com/manifold-serving/manifold/internal/faultlab/proof"
)

// restReply answers over REST.
type restReply struct{ w http.ResponseWriter }

// fail implements [replier].
func (r restReply) fail(f backend.Fail) error {
	if f.Pushback != "" {
		r.w.Header().Set("Retry-After", f.Pushback)
	}
	code, _ := f.StatusCode() // it was checked when it was ordered
	fault(r.w, httpStatus(code), f.Message)
	return nil
}

// answer implements [replier].
func (r restReply) answer(ctx context.Context, l lot, model string, a proof.Answer) (cut bool, err error) {
	padding(l.ordered.Answer.TrailerBytes, func(value string) { r.w.Header().Add("X-Padding", value) })
	r.w.Header().Set("Content-Type", "application/json")
	if l.ordered.Answer.Endless {
		return false, pour(ctx, r.w)
	}
	if l.lie == backend.LieHTML {
		r.w.Header().Set("Content-Type", "text/html")
	}
	return l.write(ctx, r.w, l.document(model, a))
}

// rest is the routes of REST.
func (s *Server) rest() http.Handler {
	mux := http.NewServeMux()
	for _, model := range []string{"/v2/models/{model}", "/v2/models/{model}/versions/{version}"} {
		mux.HandleFunc("POST "+model+"/infer", s.restInfer)
		mux.HandleFunc("GET "+model, s.about("ModelMetadata", func(w http.ResponseWriter, r *http.Request) {
			say(w, s.modelMetadata(r.PathValue("model")))
		}))
		mux.HandleFunc("GET "+model+"/ready", s.about("ModelReady", func(w http.ResponseWriter, r *http.Request) {
			s.sayReady(w, r.PathValue("model"))
		}))
	}
	mux.HandleFunc("GET /v2", s.about("ServerMetadata", func(w http.ResponseWriter, _ *http.Request) { say(w, s.serverMetadata()) }))
	mux.HandleFunc("GET /v2/health/live", s.about("ServerLive", func(w http.ResponseWriter, _ *http.Request) { say(w, struct{}{}) }))
	mux.HandleFunc("GET /v2/health/ready", s.about("ServerReady", func(w http.ResponseWriter, _ *http.Request) { s.sayReady(w, "") }))
	return mux
}

// about answers a question, unless the server is dead or does not have the model.
func (s *Server) about(what string, answer http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.books.asked(what)
		if b, _ := s.orders.now(); b.Dead {
			<-r.Context().Done()
			return
		}
		if model := r.PathValue("model"); model != "" && !s.has(model) {
			fault(w, http.StatusNotFound, "unknown model "+model)
			return
		}
		answer(w, r)
	}
}

func (s *Server) sayReady(w http.ResponseWriter, model string) {
	if !s.orders.ready(model) {
		fault(w, http.StatusServiceUnavailable, "not ready")
		return
	}
	say(w, struct{}{})
}

// restInfer is inference over REST. Deadlines are none of its headers.
func (s *Server) restInfer(w http.ResponseWriter, r *http.Request) {
	model := r.PathValue("model")
	if !s.has(model) {
		s.books.refused(model)
		fault(w, http.StatusNotFound, "unknown model "+model)
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxRequest))
	var call proof.Call
	if err == nil {
		call, err = proof.CallOfJSON(body)
	}
	if err != nil {
		s.books.refused(model)
		fault(w, http.StatusBadRequest, err.Error())
		return
	}
	if s.perform(r.Context(), incoming{model: model, call: call}, restReply{w}) == backend.WasCut {
		s.cut(r)
	}
}

// say answers with JSON.
func say(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // to a peer that may have gone
}

// fault answers with an error.
func fault(w http.ResponseWriter, status int, why string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	say(w, map[string]string{"error": why})
}

// httpStatus is the one that Triton and grpc-gateway have for a code.
func httpStatus(code codes.Code) int {
	switch code {
	case codes.Unavailable:
		return http.StatusServiceUnavailable
	case codes.ResourceExhausted:
		return http.StatusTooManyRequests
	case codes.InvalidArgument, codes.FailedPrecondition, codes.OutOfRange:
		return http.StatusBadRequest
	case codes.NotFound:
		return http.StatusNotFound
	case codes.DeadlineExceeded:
		return http.StatusGatewayTimeout
	case codes.Unimplemented:
		return http.StatusNotImplemented
	case codes.PermissionDenied:
		return http.StatusForbidden
	case codes.Unauthenticated:
		return http.StatusUnauthorized
	default:
		return http.StatusInternalServerError
	}
}
