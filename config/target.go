package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// targetAnnotation names the model server that has an InferenceService's model: HOST:PORT, or HOST:PORT/MODEL when the model has
// another name there.
const targetAnnotation = "manifold.dev/target"

// Target is a model on a model server.
type Target struct {
	Address string // HOST:PORT
	Model   string // its name there; empty: the InferenceService's own
	TLS     bool   // the address was an https or grpcs URL

	// FromStatus tells that the address is the one in status.address.url: of the server's REST edge, which need not speak gRPC.
	FromStatus bool
}

// parseTarget reads the annotation.
func parseTarget(text string) (Target, error) {
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
// model: `…/v1/models/cat:predict`.
func parseAddress(text string) (Target, error) {
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
	target := Target{Address: net.JoinHostPort(u.Hostname(), port), TLS: u.Scheme == "https" || u.Scheme == "grpcs", FromStatus: true}
	if err := checkAddress(target.Address); err != nil {
		return Target{}, fmt.Errorf("%s %w", short(text), err)
	}
	target.Model = modelOf(u.Path)
	return target, nil
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
