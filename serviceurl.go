package manifold

import (
	"fmt"
	"net"
	"net/url"
	"strings"
)

// endpoint is what a step's serviceUrl names: a model of a server.
type endpoint struct {
	target  string // host:port
	tls     bool
	model   string
	version string
}

// parseServiceURL reads grpc://host:port/model[/versions/v], grpcs://…, and http(s)://host[:port]/v2/models/model[/versions/v]/infer,
// which is called over gRPC at the same address.
func parseServiceURL(text string) (endpoint, error) {
	u, err := url.Parse(text)
	if err != nil {
		return endpoint{}, fmt.Errorf("serviceUrl %q is not a URL: %w", text, err)
	}
	e := endpoint{tls: u.Scheme == "grpcs" || u.Scheme == "https"}
	path := strings.Split(strings.Trim(u.Path, "/"), "/")
	if u.Scheme == "http" || u.Scheme == "https" {
		if path, err = oipPath(text, path); err != nil {
			return endpoint{}, err
		}
	}
	switch {
	case len(path) == 1 && path[0] != "":
		e.model = path[0]
	case len(path) == 3 && path[1] == "versions":
		e.model, e.version = path[0], path[2]
	default:
		return endpoint{}, fmt.Errorf("serviceUrl %q does not name a model: write grpc://host:port/MODEL or grpc://host:port/MODEL/versions/VERSION", text)
	}
	if u.User != nil || u.Hostname() == "" {
		return endpoint{}, fmt.Errorf("serviceUrl %q must have a host, and no user", text)
	}
	e.target = net.JoinHostPort(u.Hostname(), portOf(u))
	return e, nil
}

// oipPath is MODEL[/versions/VERSION] of v2/models/…/infer.
func oipPath(text string, path []string) ([]string, error) {
	n := len(path)
	if n < 4 || path[0] != "v2" || path[1] != "models" || path[n-1] != "infer" {
		return nil, fmt.Errorf("serviceUrl %q is not an Open Inference Protocol address: write http://host/v2/models/MODEL/infer, "+
			"which is called over gRPC, or grpc://host:port/MODEL", text)
	}
	return path[2 : n-1], nil
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
