package rest_test

import (
	"crypto/tls"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/clients"
	"github.com/manifold-serving/manifold/infer"
)

// TestTLS: HTTP/2 where both sides know it, and no server whose certificate nobody vouches for.
func TestTLS(t *testing.T) {
	t.Parallel()
	routes := map[string]http.HandlerFunc{"GET /v2/models/m/ready": says(200, ``)}
	for want, http2 := range map[string]bool{"HTTP/1.1": false, "HTTP/2.0": true} {
		f := serve(t, routes, func(s *httptest.Server) {
			s.EnableHTTP2 = http2
			s.TLS = &tls.Config{}
			s.Config.ErrorLog = quiet()
		})
		ca := filepath.Join(t.TempDir(), "ca.pem")
		block := &pem.Block{Type: "CERTIFICATE", Bytes: f.Certificate().Raw}
		if err := os.WriteFile(ca, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		s := open(t, clients.Options{Targets: []string{f.URL}, TLS: &clients.TLS{CAFile: ca}})
		if err := s.Model("m").Ready(t.Context()); err != nil {
			t.Error(err)
		}
		if got := f.last("GET /v2/models/m/ready").proto; got != want {
			t.Errorf("%s, want %s", got, want)
		}
		stranger := open(t, clients.Options{Targets: []string{f.URL}})
		if err := stranger.Model("m").Ready(t.Context()); infer.CodeOf(err) != codes.Unavailable {
			t.Errorf("%v", err)
		}
	}
}
