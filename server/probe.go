package server

import (
	"context"
	"net/http"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
)

type probeKey struct{}

// methods asks the mux itself which methods a path takes, without calling the handlers.
func (e *rest) methods(r *http.Request) string {
	var all []string
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		hit := false
		probe := r.Clone(context.WithValue(r.Context(), probeKey{}, &hit))
		probe.Method = method
		e.mux.ServeHTTP(nowhere{}, probe)
		if hit {
			all = append(all, method)
		}
	}
	return strings.Join(all, ", ")
}

// answerProbe stands before each handler.
func answerProbe(next runtime.HandlerFunc) runtime.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request, path map[string]string) {
		if hit, ok := r.Context().Value(probeKey{}).(*bool); ok {
			*hit = true
			return
		}
		next(w, r, path)
	}
}

func isProbe(ctx context.Context) bool { return ctx.Value(probeKey{}) != nil }

// nowhere is where the answers to probes go.
type nowhere struct{}

func (nowhere) Header() http.Header         { return http.Header{} }
func (nowhere) Write(p []byte) (int, error) { return len(p), nil }
func (nowhere) WriteHeader(int)             {}
