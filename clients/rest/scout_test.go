package rest_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/manifold-serving/manifold/clients"
	"github.com/manifold-serving/manifold/infer"
)

const inferM = "POST /v2/models/m/infer"

// calling is a server of V2 with that name and a model m, at an address; empty: at any.
func calling(t *testing.T, name, datatype, address string) *fake {
	t.Helper()
	metadata := `{"name":"m","inputs":[{"name":"x","datatype":"` + datatype + `","shape":[-1]}],"outputs":[]}`
	if datatype == "" {
		metadata = ""
	}
	return serve(t, map[string]http.HandlerFunc{
		"GET /v2": says(200, `{"name":"`+name+`","extensions":[]}`), "GET /v2/models/m": says(200, metadata),
		"GET /v2/models/m/ready": says(200, ""), "GET /v2/health/live": says(200, ""),
		inferM: says(200, `{"model_name":"m","outputs":[{"name":"y","datatype":"INT32","shape":[1],"data":[1]}]}`),
	}, func(s *httptest.Server) {
		if address == "" {
			return
		}
		_ = s.Listener.Close()
		var err error
		if s.Listener, err = (&net.ListenConfig{}).Listen(t.Context(), "tcp", address); err != nil {
			t.Fatal(err)
		}
	})
}

// most is how many calls something takes at the very most, in some ten seconds.
const most = 100_000

// until asks a model until something holds.
func until(t *testing.T, m infer.Model, holds func() bool) {
	t.Helper()
	for n := 0; !holds(); n++ {
		if n == most {
			t.Fatalf("it does not hold after %d calls", n)
		}
		req := infer.NewRequest(infer.Head{ModelName: "m"}, nil, nil)
		resp, err := m.Infer(t.Context(), req)
		req.Free()
		if err != nil {
			t.Fatal(err)
		}
		resp.Free()
	}
}

func TestU9StrangerAtAnAddressOverHTTPIsNotCalled(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, calls, datatype, trouble string }{
		{"another name", "someone-else", "INT32", `it calls itself "someone-else", the others "rogue"`},
		{"another model of the name", "rogue", "FP32", `[x FP32 of rank 1]`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			one, other := calling(t, "rogue", "INT32", ""), calling(t, "rogue", "INT32", "")
			s := open(t, clients.Options{Targets: []string{one.URL, other.URL}})
			m := s.Model("m")
			until(t, m, func() bool { return one.last(inferM).count > 0 && other.last(inferM).count > 0 })

			address := other.Listener.Addr().String()
			other.CloseClientConnections()
			other.Close()
			stranger := calling(t, tt.calls, tt.datatype, address)
			until(t, m, func() bool { return stranger.last("GET /v2").count > 1 })
			if n := stranger.last(inferM).count; n > 0 {
				t.Errorf("the stranger got %d calls", n)
			}
			if e := stateOf(s, other.URL); e.State.State != "unreachable" || !strings.Contains(e.Reason, tt.trouble) {
				t.Errorf("it is %s, for %q", e.State.State, e.Reason)
			}

			stranger.CloseClientConnections()
			stranger.Close()
			back := calling(t, "rogue", "INT32", address)
			until(t, m, func() bool { return back.last(inferM).count > 0 })
		})
	}
}
