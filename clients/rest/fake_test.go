package rest_test

import (
	"context"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"go.uber.org/goleak"
	"google.golang.org/grpc/mem"

	"github.com/manifold-serving/manifold/clients"
	"github.com/manifold-serving/manifold/clients/rest"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/internal/oiptest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fake is a server whose answers are handlers by "METHOD path"; it notes what it was sent.
type fake struct {
	*httptest.Server

	mu   sync.Mutex
	sent map[string]seen
}

type seen struct {
	header http.Header
	body   string
	proto  string
	count  int
}

func (f *fake) last(route string) seen {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.sent[route]
}

func serve(t *testing.T, routes map[string]http.HandlerFunc, change ...func(*httptest.Server)) *fake {
	t.Helper()
	f := &fake{sent: map[string]seen{}}
	f.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		route := r.Method + " " + r.URL.RequestURI()
		f.mu.Lock()
		f.sent[route] = seen{r.Header, string(body), r.Proto, f.sent[route].count + 1}
		f.mu.Unlock()
		handle, ok := routes[route]
		if !ok {
			http.Error(w, `{"error":"no route"}`, http.StatusNotFound)
			return
		}
		handle(w, r)
	}))
	for _, c := range change {
		c(f.Server)
	}
	if f.TLS == nil {
		f.Start()
	} else {
		f.StartTLS()
	}
	t.Cleanup(f.Close)
	return f
}

func says(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func open(t *testing.T, o clients.Options) *rest.Server {
	t.Helper()
	s, err := rest.Open("up", o, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// request is one of inputs that lie in counted buffers.
func request(t *testing.T, outputs ...infer.RequestedOutput) *infer.Request {
	t.Helper()
	built := infer.NewRequest(infer.Head{ModelName: "client's", ID: "7"}, []infer.TensorData{
		{Name: "x", DataType: infer.Int32, Shape: infer.Shape{2, 1}, Data: mem.SliceBuffer(infer.RawOf[int32](1, -2))},
		{Name: "s", DataType: infer.Bytes, Shape: infer.Shape{2}, Data: mem.SliceBuffer(infer.RawStrings("a", "b"))},
	}, outputs)
	return counted(t, built)
}

func counted(t *testing.T, built *infer.Request) *infer.Request {
	t.Helper()
	defer built.Free()
	frame := built.Marshal()
	defer frame.Free()
	padded := append(frame.Materialize(), make([]byte, 0, 4096)...)
	req, err := infer.ParseRequest(oiptest.NewPool(t).Split(padded, 2048))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(req.Free)
	return req
}

func ask(ctx context.Context, t *testing.T, m infer.Model, req *infer.Request) (*infer.Response, error) {
	t.Helper()
	resp, err := m.Infer(ctx, req)
	if err == nil {
		t.Cleanup(resp.Free)
	}
	return resp, err
}

// quiet is a log of what a test provokes.
func quiet() *log.Logger { return log.New(io.Discard, "", 0) }
