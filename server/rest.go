package server

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

// rest is the REST edge: the generated handlers for control calls and our own for the rest, on one mux.
type rest struct {
	catalog      Catalog
	readiness    *readiness
	inference    *inference
	interceptors interceptors
	messageBytes int64
	compress     bool // answers, for clients that accept it
	buffers      mem.BufferPool
	logger       *slog.Logger
	conn         *inProcess
	basePath     string
	strict       bool
	mux          *runtime.ServeMux
}

// build builds the mux.
func (e *rest) build(ctx context.Context) error {
	e.mux = runtime.NewServeMux(
		runtime.WithMarshalerOption(runtime.MIMEWildcard, controlJSON{}),
		runtime.WithUnescapingMode(runtime.UnescapingModeAllExceptSlash),
		runtime.WithDisableHTTPMethodOverride(),
		runtime.WithDisablePathLengthFallback(),
		runtime.WithWriteContentLength(),
		runtime.WithForwardResponseRewriter(name),
		runtime.WithMiddlewares(answerProbe, rememberName),
		runtime.WithErrorHandler(func(ctx context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, _ *http.Request, err error) {
			e.failCall(ctx, w, err)
		}),
		runtime.WithRoutingErrorHandler(e.noRoute),
	)
	faults := []error{inferencepb.RegisterGRPCInferenceServiceHandlerClient(ctx, e.mux, inferencepb.NewGRPCInferenceServiceClient(e.conn))}
	for _, r := range e.routes() {
		faults = append(faults, e.mux.HandlePath(r.method, r.pattern, r.handler))
	}
	return errors.Join(faults...)
}

type nameKey struct{}

// rememberName keeps the model's name of the path for answers that need it.
func rememberName(next runtime.HandlerFunc) runtime.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request, path map[string]string) {
		next(w, r.WithContext(context.WithValue(r.Context(), nameKey{}, path["name"])), path)
	}
}

// modelReady is the REST answer of ModelReady, which has the name as well.
type modelReady struct {
	Name  string `json:"name"`
	Ready bool   `json:"ready"`
}

// name adds what the path knows and the RPC does not.
func name(ctx context.Context, resp proto.Message) (any, error) {
	if ready, ok := resp.(*inferencepb.ModelReadyResponse); ok {
		return modelReady{nameOf(ctx), ready.GetReady()}, nil
	}
	return resp, nil
}

func nameOf(ctx context.Context) string {
	name, _ := ctx.Value(nameKey{}).(string)
	return name
}

// accept turns what is not ready into an error: HTTP clients look at the status.
func (e *rest) accept(ctx context.Context, reply any) error {
	switch reply := reply.(type) {
	case *inferencepb.ServerReadyResponse:
		if !reply.GetReady() {
			return e.unready(ctx)
		}
	case *inferencepb.ModelReadyResponse:
		if !reply.GetReady() {
			return infer.Errorf(codes.Unavailable, "model %q is not ready", nameOf(ctx))
		}
	}
	return nil
}

// unready says why the server is not ready, also when that changed since it was asked.
func (e *rest) unready(ctx context.Context) error {
	if err := e.readiness.check(ctx); err != nil {
		return err
	}
	return infer.Errorf(codes.Unavailable, "the server is not ready")
}

// modelsPath is the one control call that is no RPC.
const modelsPath = "/v2/models"

func (e *rest) models(w http.ResponseWriter, r *http.Request, _ map[string]string) {
	info := &grpc.UnaryServerInfo{FullMethod: modelsPath}
	names, err := e.interceptors.unary(r.Context(), nil, info, func(ctx context.Context, _ any) (any, error) {
		return e.names(ctx)
	})
	if err != nil {
		e.fail(w, err)
		return
	}
	writeValue(w, http.StatusOK, map[string][]string{"models": append([]string{}, names.([]string)...)})
}

// names are those of the models that are known, sorted.
func (e *rest) names(ctx context.Context) ([]string, error) {
	index, err := e.catalog.Index(ctx)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(index))
	for i, entry := range index {
		names[i] = entry.GetName()
	}
	return slices.Compact(names), nil
}

func nothingAt(path string) error {
	return infer.Errorf(codes.NotFound, "nothing is served at %s", clean(clip(path, maxName)))
}

// noRoute answers what no route takes.
func (e *rest) noRoute(ctx context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, r *http.Request, status int) {
	if isProbe(ctx) {
		return
	}
	path := clean(clip(r.URL.Path, maxName))
	switch status {
	case http.StatusNotFound:
		if strings.Contains(r.URL.Path, "..") {
			e.fail(w, badName("path", path))
			return
		}
		e.fail(w, nothingAt(r.URL.Path))
	case http.StatusMethodNotAllowed:
		allow := e.methods(r)
		w.Header().Set("Allow", allow)
		e.fail(w, withStatus(status, codes.Unimplemented, "%s does not take %s; use %s", path, clean(clip(r.Method, maxName)), allow))
	default:
		e.fail(w, withStatus(status, codes.InvalidArgument, "the request's path is malformed"))
	}
}
