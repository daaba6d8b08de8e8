package rest

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/clients"
	"github.com/manifold-serving/manifold/infer"
)

func TestEndpointsAreAskedWhatTheirProtocolHas(t *testing.T) {
	t.Parallel()
	answers := map[string]int{
		"/v2/models/yes/ready": 200, "/v2/models/no/ready": 400, "/v2/models/late/ready": 503, "/v2/models/mine/ready": 401,
		"/v1/models/yes": 200, "/v1/models/no": 503,
	}
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status, known := answers[r.URL.Path]
		if !known {
			status = 404
		}
		w.WriteHeader(status)
	}))
	defer backend.Close()
	for _, test := range []struct {
		protocol clients.Protocol
		model    string
		ready    bool
		code     codes.Code
	}{
		{clients.V2, "yes", true, codes.OK},
		{clients.V2, "no", false, codes.OK},
		{clients.V2, "late", false, codes.OK},
		{clients.V2, "mine", false, codes.Unimplemented}, // whoever may not ask learns nothing
		{clients.V2, "none", false, codes.NotFound},
		{clients.V1, "yes", true, codes.OK},
		{clients.V1, "no", false, codes.OK},
		{clients.V1, "/a/path", false, codes.Unimplemented},
	} {
		s, l := openedAt(t, clients.Options{Targets: []string{backend.URL}, Protocol: test.protocol})
		w := &wire{server: s}
		if ready, err := w.Ready(t.Context(), l, test.model); ready != test.ready || infer.CodeOf(err) != test.code {
			t.Errorf("%s %s: %v, %v", test.protocol, test.model, ready, err)
		}
		if err := w.Live(t.Context(), l); err != nil { // 404, which is an answer
			t.Errorf("%s: %v", test.protocol, err)
		}
	}
	s, l := openedAt(t, clients.Options{Targets: []string{backend.URL}})
	backend.Close()
	w := &wire{server: s}
	if err := w.Live(t.Context(), l); infer.CodeOf(err) != codes.Unavailable {
		t.Errorf("there is nobody, but %v", err)
	}
	if _, err := w.Ready(t.Context(), l, "yes"); infer.CodeOf(err) != codes.Unavailable {
		t.Errorf("there is nobody, but %v", err)
	}
}

// A page of any size shows that there is somebody.
func TestLargePagesAreLive(t *testing.T) {
	t.Parallel()
	s, l := opened(t, says(strings.Repeat("x", 2*maxProbe)))
	if err := (&wire{server: s}).Live(t.Context(), l); err != nil {
		t.Error(err)
	}
}

// A connection that leads nowhere does not heal; the calls that are on it go on.
func TestResetLinksHaveNewConnections(t *testing.T) {
	t.Parallel()
	for _, scheme := range []string{"http", "h2c"} {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			peers := map[string]bool{}
			began, over := make(chan struct{}), make(chan struct{})
			backend := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				mu.Lock()
				peers[r.RemoteAddr] = true
				mu.Unlock()
				if r.URL.Path == "/slow" {
					close(began)
					<-over
				}
				says("{}")(w, r)
			}))
			backend.Config.Protocols = new(http.Protocols)
			backend.Config.Protocols.SetHTTP1(true)
			backend.Config.Protocols.SetUnencryptedHTTP2(true)
			backend.Start()
			defer backend.Close()
			_, l := openedAt(t, clients.Options{Targets: []string{scheme + strings.TrimPrefix(backend.URL, "http")}})
			slow := make(chan error)
			go func() {
				_, err := send(t.Context(), l, query{method: http.MethodGet, path: "/slow", limit: 10})
				slow <- err
			}()
			<-began
			l.Reset()
			if _, err := send(t.Context(), l, query{method: http.MethodGet, path: "/", limit: 10}); err != nil {
				t.Error(err)
			}
			close(over)
			if err := <-slow; err != nil {
				t.Errorf("the call that was on its way: %v", err)
			}
			if len(peers) != 2 {
				t.Errorf("%d connections were used", len(peers))
			}
		})
	}
}
