package manifold

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Listed is a row of what a gateway serves.
type Listed struct {
	Name   string    `json:"name"`
	URL    string    `json:"url"`
	Ready  bool      `json:"ready"`
	Reason string    `json:"reason,omitempty"` // why not
	Since  time.Time `json:"since"`
}

// listingPath is where the admin edge answers with the rows of a kind, such as /resources/inferencegraphs.
const listingPath = "/resources/"

// probeWait bounds how long a listing waits for models to say whether they are ready.
const probeWait = 2 * time.Second

// listing answers GET /resources/KIND on the admin edge.
func (g *Gateway) listing() http.Handler {
	mux := http.NewServeMux()
	for _, k := range []kind{kindGraph, kindService, kindModel} {
		mux.HandleFunc("GET "+listingPath+string(k), func(w http.ResponseWriter, r *http.Request) {
			answer(w, g.list(r.Context(), k))
		})
	}
	mux.HandleFunc("GET "+listingPath+"upstreams", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, g.catalog.listUpstreams())
	})
	return mux
}

func answer(w http.ResponseWriter, rows any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_ = json.NewEncoder(w).Encode(rows) // fails when the client is gone
}

// list probes all rows at once. Every name answers as a model, so models are all of them.
func (g *Gateway) list(ctx context.Context, k kind) []Listed {
	ctx, cancel := context.WithTimeout(ctx, probeWait)
	defer cancel()
	current := g.catalog.current.Load()
	names := g.catalog.modelNames(ctx)
	rows := []Listed{}
	for _, name := range names {
		r, known := current.named[name]
		if k == kindModel || known && r.kind == k {
			row := Listed{Name: name, URL: g.urlOf(name)}
			if known {
				row.Since = r.since
			}
			rows = append(rows, row)
		}
	}
	var probes sync.WaitGroup
	for i := range rows {
		probes.Go(func() { rows[i].probe(ctx, &g.catalog) })
	}
	probes.Wait()
	return rows
}

func (row *Listed) probe(ctx context.Context, c *catalog) {
	m, err := c.Model(ctx, row.Name, "")
	if err == nil {
		err = m.Ready(ctx)
	}
	row.Ready = err == nil
	if err != nil {
		row.Reason = err.Error()
	}
}

// urlOf is where a name answers over REST, or over gRPC when REST is off.
func (g *Gateway) urlOf(name string) string {
	at := g.Addresses()
	if at.REST != "off" {
		return "http://" + reachable(at.REST) + "/v2/models/" + name
	}
	return "grpc://" + reachable(at.GRPC) + "/" + name
}

// reachable is a listener's address as a client on this machine writes it.
func reachable(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	if ip := net.ParseIP(strings.Trim(host, "[]")); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}
