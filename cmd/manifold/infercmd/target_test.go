package infercmd

import (
	"context"
	"encoding/pem"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"

	"github.com/manifold-serving/manifold/infer"
)

// unused is an address where nothing listens.
func unused(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

func TestInferTellsWhereNothingAnswers(t *testing.T) {
	t.Parallel()
	address := unused(t)
	cure := " (dial tcp " + address + ": connect: connection refused): start a gateway with `manifold serve -f …`, or name another with --address"
	if got, want := inferError(t, "", "m", "--address", address, "--input", "x=1"), "nothing answers gRPC at "+address+cure; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got, want := inferError(t, "", "m", "--rest", "--address", address, "--input", "x=1"), "nothing answers REST at "+address+cure; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestInferEndsWhenItIsInterruptedWhileItConnects(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	ctx, interrupt := context.WithCancel(t.Context())
	accepted := make(chan net.Conn, 1)
	go func() {
		conn, _ := listener.Accept()
		interrupt()
		accepted <- conn // it stays open and silent
	}()
	c := New()
	c.SilenceErrors, c.SilenceUsage = true, true
	c.SetArgs([]string{"m", "--address", listener.Addr().String(), "--input", "x:INT8=1"})
	if err := c.ExecuteContext(ctx); infer.CodeOf(err) != codes.Canceled {
		t.Errorf("%v", err)
	}
	_ = (<-accepted).Close()
}

func TestInferTellsTheWrongPort(t *testing.T) {
	t.Parallel()
	f := &inferFake{}
	tests := []struct {
		name  string
		flags []string
		from  string
		to    string
	}{
		{"gRPC to REST", []string{"--address", f.serveREST(t)}, "speaks no gRPC (error reading server preface: ", "): a gateway's gRPC port is 8001; add --rest for a REST port, --tls where TLS is spoken"},
		{"REST to gRPC", []string{"--rest", "--address", f.serveGRPC(t)}, "speaks no REST (", "): a gateway's REST port is 8000; leave out --rest for a gRPC port"},
		{"gRPC with TLS to none", []string{"--tls", "--address", f.serveGRPC(t)}, "no TLS with 127.0.0.1:", "): trust its authority with --ca-file, or leave out --tls where none is spoken"},
		{"REST with TLS to none", []string{"--tls", "--rest", "--address", f.serveREST(t)}, "no TLS with 127.0.0.1:", "): trust its authority with --ca-file, or leave out --tls where none is spoken"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := inferError(t, "", append(test.flags, "m", "--input", "x:INT8=1")...)
			if !strings.Contains(got, test.from) || !strings.HasSuffix(got, test.to) {
				t.Errorf("got  %s\nwant %s…%s", got, test.from, test.to)
			}
		})
	}
}

func TestInferEscapesNamesInURLs(t *testing.T) {
	t.Parallel()
	paths := make(chan string, 2)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		paths <- r.URL.EscapedPath()
		refuse(w, infer.Errorf(codes.Internal, "no"))
	}))
	t.Cleanup(server.Close)
	inferError(t, "", "a/b c", "--model-version", "1?", "--rest", "--address", server.URL+"/base", "--input", "x:INT8=1")
	const model = "/base/v2/models/a%2Fb%20c/versions/1%3F"
	if described, inferred := <-paths, <-paths; described != model || inferred != model+"/infer" {
		t.Errorf("%s and %s", described, inferred)
	}
}

func TestInferShowsErrorsThatAreNotOIPs(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "<html>"+strings.Repeat("x", 1000), http.StatusBadGateway)
	}))
	t.Cleanup(server.Close)
	got := inferError(t, "", "m", "--rest", "--address", server.URL, "--input", "x:INT8=1")
	want := `the server answers 502 Bad Gateway: "<html>` + strings.Repeat("x", 194) + `"`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestInferCannotSendHalvesOverREST(t *testing.T) {
	t.Parallel()
	f := &inferFake{}
	got := inferError(t, "", "m", "--rest", "--address", f.serveREST(t), "--input", "x:FP16=1")
	if want := `input "x": FP16 has no JSON form; send it as binary data or over gRPC, that is without --rest`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestInferSpeaksTLS(t *testing.T) {
	t.Parallel()
	f := &inferFake{}
	rest := httptest.NewUnstartedServer(f.handler())
	rest.Config.ErrorLog = log.New(io.Discard, "", 0)
	rest.StartTLS()
	t.Cleanup(rest.Close)
	ca := written(t, "ca.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: rest.Certificate().Raw}))
	config := rest.TLS.Clone()
	config.NextProtos = []string{"h2"}
	for name, flags := range map[string][]string{
		"gRPC":         {"--address", f.serveGRPC(t, grpc.Creds(credentials.NewTLS(config)))},
		"REST":         {"--rest", "--address", rest.Listener.Addr().String()},
		"REST by URL":  {"--rest", "--address", rest.URL},
		"REST, --tls!": {"--rest", "--tls", "--address", rest.Listener.Addr().String()},
	} {
		if out, err := typeInfer(t, "", append(flags, "m", "--ca-file", ca, "--input", "x:INT8=1")...); err != nil || !strings.Contains(out, "tulip") {
			t.Errorf("%s: %v %s", name, err, out)
		}
	}
	for _, flags := range [][]string{{"--address", f.serveGRPC(t, grpc.Creds(credentials.NewTLS(config)))}, {"--rest", "--address", rest.URL}} {
		got := inferError(t, "", append(flags, "m", "--tls", "--input", "x:INT8=1")...)
		if !strings.HasPrefix(got, "no TLS with ") || !strings.Contains(got, "certificate signed by unknown authority): trust its") {
			t.Errorf("%v: %s", flags, got)
		}
	}
}
