package server_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	"github.com/manifold-serving/manifold/infer"
)

// texter takes text.
type texter struct{ model }

func (*texter) Metadata(context.Context) (*infer.Metadata, error) {
	return &infer.Metadata{Name: "inner", Inputs: []infer.TensorMetadata{{Name: "text", DataType: infer.Bytes, Shape: infer.Shape{-1}}}}, nil
}

// TestPushbackIsToldOnBothEdges has a model fail in every way that tells clients when to come back, or not to.
func TestPushbackIsToldOnBothEdges(t *testing.T) {
	t.Parallel()
	after := func(code codes.Code, d time.Duration) error {
		return infer.At("graph g: step 1", &infer.Error{Code: code, Origin: "upstream u", Reason: "no", RetryAfter: d})
	}
	large := infer.TooLarge("too large")
	large.RetryAfter = time.Second
	for _, tt := range []struct {
		name    string
		err     error
		trailer string // empty: none
		header  string
	}{
		{"overload", after(codes.Unavailable, 150*time.Millisecond), "150", "1"},
		{"rounded up", after(codes.Unavailable, 2*time.Second+time.Microsecond), "2001", "3"},
		{"quota", after(codes.ResourceExhausted, 3*time.Second), "3000", "3"},
		{"quota without a time", after(codes.ResourceExhausted, 0), "", "1"},
		{"outage without a time", after(codes.Unavailable, 0), "", ""},
		{"far too long", after(codes.Unavailable, 24*time.Hour), "600000", "600"},
		{"negative", after(codes.Unavailable, -time.Second), "", ""},
		{"another code", after(codes.Internal, time.Second), "", ""},
		{"client's fault", after(codes.InvalidArgument, time.Second), "", ""},
		{"too large", large, "", ""},
		{"text that is cleaned", &infer.Error{Code: codes.Unavailable, Reason: "no\nway", RetryAfter: time.Second}, "1000", "1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			all := models()
			all["echo"] = &texter{model{infer: func(context.Context, *infer.Request) (*infer.Response, error) { return nil, tt.err }}}
			g := start(t, &catalog{models: all})
			var trailer metadata.MD
			if _, err := g.client.ModelInfer(t.Context(), bytesRequest(8), grpc.Trailer(&trailer)); err == nil {
				t.Error("no error")
			}
			if got := strings.Join(trailer.Get("grpc-retry-pushback-ms"), ","); got != tt.trailer {
				t.Errorf("gRPC: %q, want %q", got, tt.trailer)
			}
			for _, path := range []string{"/v2/models/echo/infer", "/v2/models/echo/generate_stream", "/v2/models/echo/generate"} {
				body := jsonOf(1024)
				if !strings.HasSuffix(path, "infer") {
					body = `{"text":"x"}`
				}
				if got := g.do(t, http.MethodPost, path, body); got.header.Get("Retry-After") != tt.header || got.status == http.StatusOK {
					t.Errorf("%s: %d %q, want %q: %s", path, got.status, got.header.Get("Retry-After"), tt.header, got.body)
				}
			}
		})
	}
}
