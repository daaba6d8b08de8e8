package manifold

import (
	"slices"

	"github.com/manifold-serving/manifold/clients"
	"github.com/manifold-serving/manifold/config"
)

// called is a model server that a generation calls, and what people know it by: the name of its ModelServer, or its address.
type called struct {
	label  string
	server upstream
}

// call notes a server, once.
func (g *generation) call(label string, s upstream) {
	if !slices.ContainsFunc(g.called, func(c called) bool { return c.server == s }) {
		g.called = append(g.called, called{label, s})
	}
}

// labelOf is what people know the server at an address by. What is not one server has not one label.
func labelOf(t config.Target) string {
	scheme, path := "grpc", ""
	if t.Protocol != "" {
		scheme = "http"
	}
	if t.TLS {
		scheme += "s"
	}
	if t.Protocol == clients.V1 {
		path = "/v1"
	}
	return scheme + "://" + t.Address + path
}
