package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/manifold-serving/manifold/clients"
)

// targetAnnotation names the model server that has an InferenceService's model: HOST:PORT over gRPC, or HOST:PORT/MODEL when the model has
// another name there; http://HOST:PORT over REST, with the path of the model when it has another name.
const targetAnnotation = "manifold.dev/target"

// Target is a model on a model server.
type Target struct {
	Address  string           // HOST:PORT
	Model    string           // its name there; empty: the InferenceService's own
	TLS      bool             // the address was an https or grpcs URL
	Protocol clients.Protocol // what is spoken over HTTP; empty: gRPC
}

// parseTarget reads the annotation; declared is the predictor's protocolVersion.
func parseTarget(text, declared string) (Target, error) {
	if strings.HasPrefix(text, "http://") || strings.HasPrefix(text, "https://") {
		return parseAddress(text, strings.TrimPrefix(declared, "grpc-"))
	}
	if strings.Contains(text, "://") {
		return Target{}, fmt.Errorf("%s is a URL: write HOST:PORT of the server's gRPC port, or HOST:PORT/MODEL", short(text))
	}
	address, model, named := strings.Cut(text, "/")
	if err := checkAddress(address); err != nil {
		return Target{}, fmt.Errorf("%s %w: write HOST:PORT of the server's gRPC port, or HOST:PORT/MODEL", short(text), err)
	}
	if named && nameFault("", model) != "" {
		return Target{}, fmt.Errorf("%s: %s", short(text), nameFault("", model))
	}
	return Target{Address: address, Model: model}, nil
}

// checkAddress tells what keeps address from being HOST:PORT.
func checkAddress(address string) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil || host == "" || strings.ContainsAny(host, " \t\r\n\x00@") {
		return errors.New("is not HOST:PORT")
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return fmt.Errorf("has no port between 1 and 65535 but %s", short(port))
	}
	return nil
}

// parseAddress reads status.address.url: `http://cat-predictor.models.svc.cluster.local`, in older clusters with the path of the
// model: `…/v1/models/cat:predict`. An http URL is that of the server's REST edge; declared is the predictor's protocolVersion, which says
// what is spoken there, unless the path does, and that it is gRPC.
func parseAddress(text, declared string) (Target, error) {
	u, err := url.Parse(text)
	if err != nil {
		return Target{}, fmt.Errorf("%s is not a URL", short(text))
	}
	ports := map[string]string{"http": "80", "grpc": "80", "https": "443", "grpcs": "443"}
	port, known := ports[u.Scheme]
	if !known || u.Hostname() == "" {
		return Target{}, fmt.Errorf("%s is not an http or grpc URL with a host", short(text))
	}
	if u.Port() != "" {
		port = u.Port()
	}
	target := Target{Address: net.JoinHostPort(u.Hostname(), port), TLS: u.Scheme == "https" || u.Scheme == "grpcs"}
	if err := checkAddress(target.Address); err != nil {
		return Target{}, fmt.Errorf("%s %w", short(text), err)
	}
	target.Model = modelOf(u.Path)
	if strings.HasPrefix(u.Scheme, "http") {
		target.Protocol = protocolOf(u.Path, declared)
	}
	return target, nil
}

// protocolOf is what an address of HTTP is called by; empty: gRPC.
func protocolOf(path, declared string) clients.Protocol {
	switch {
	case strings.HasPrefix(path, "/v1/"):
		return clients.V1
	case strings.HasPrefix(path, "/v2/"):
		return clients.V2
	case declared == "v1":
		return clients.V1
	case strings.HasPrefix(declared, "grpc-"):
		return ""
	}
	return clients.V2
}

// modelOf is the model in a path of the protocols' form: /v1/models/cat:predict, /v2/models/cat/infer; empty when there is none.
func modelOf(path string) string {
	_, rest, found := strings.Cut(path, "/models/")
	if !found {
		return ""
	}
	model := rest[:len(rest)-len(strings.TrimLeftFunc(rest, func(r rune) bool { return isPlain(r) || r == '.' }))]
	if nameFault("", model) != "" {
		return ""
	}
	return model
}
