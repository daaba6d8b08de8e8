package manifold

import (
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/manifold-serving/manifold/clients"
	"github.com/manifold-serving/manifold/config"
)

// endpoint is what a step's serviceUrl names: a model of a server, or a path of it that documents are posted to.
type endpoint struct {
	config.Target
	version string
	path    string // with its query; empty: a model
}

// parseServiceURL reads grpc://host:port/model[/versions/v] and grpcs://… over gRPC; http(s)://host[:port]/v2/models/model[/versions/v]/infer
// and http(s)://host[:port]/v1/models/model[/versions/v]:predict over REST. Any other http(s) URL is posted documents to, as KServe's router does.
func parseServiceURL(text string) (endpoint, error) {
	u, err := url.Parse(text)
	if err != nil {
		return endpoint{}, fmt.Errorf("serviceUrl %q is not a URL: %w", text, err)
	}
	if u.User != nil || u.Hostname() == "" {
		return endpoint{}, fmt.Errorf("serviceUrl %q must have a host, and no user", u.Redacted())
	}
	e := endpoint{Target: config.Target{
		Address: net.JoinHostPort(u.Hostname(), portOf(u)),
		TLS:     u.Scheme == "grpcs" || u.Scheme == "https",
	}}
	if u.Scheme == "http" || u.Scheme == "https" {
		e.overHTTP(u)
		return e, nil
	}
	if !e.named(strings.Split(strings.Trim(u.Path, "/"), "/")) {
		return endpoint{}, fmt.Errorf("serviceUrl %q does not name a model: write grpc://host:port/MODEL or grpc://host:port/MODEL/versions/VERSION", text)
	}
	return e, nil
}

// overHTTP tells the protocols' own paths from others.
func (e *endpoint) overHTTP(u *url.URL) {
	path := strings.Split(strings.TrimPrefix(u.Path, "/"), "/")
	models := len(path) > 2 && path[1] == "models" && u.RawQuery == ""
	if last := len(path) - 1; models && path[0] == "v2" && path[last] == "infer" && e.named(path[2:last]) {
		e.Protocol = clients.V2
		return
	}
	e.Protocol = clients.V1
	if last := len(path) - 1; models && path[0] == "v1" {
		name, verb, _ := strings.Cut(path[last], ":")
		path[last] = name
		if verb == "predict" && e.named(path[2:]) {
			return
		}
	}
	e.Model, e.version = "", ""
	e.path = u.RequestURI()
}

// named reads MODEL[/versions/VERSION].
func (e *endpoint) named(path []string) bool {
	switch {
	case len(path) == 1:
		e.Model = path[0]
	case len(path) == 3 && path[1] == "versions" && path[2] != "":
		e.Model, e.version = path[0], path[2]
	}
	return e.Model != ""
}

func portOf(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "http":
		return "80"
	case u.Scheme == "https", u.Scheme == "grpcs":
		return "443"
	}
	return "8001" // Triton's, and ours
}
