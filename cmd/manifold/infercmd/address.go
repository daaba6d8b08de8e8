package infercmd

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
)

// inferAddress says where the server is and how it is spoken to.
type inferAddress struct {
	address string
	rest    bool
	secure  bool
	caFile  string
	headers []string
}

func (a *inferAddress) bind(c *cobra.Command) {
	f := c.Flags()
	f.StringVarP(&a.address, "address", "a", "", "the server's address (default localhost:8001, with --rest localhost:8000)")
	f.BoolVar(&a.rest, "rest", false, "speak REST instead of gRPC")
	f.BoolVar(&a.secure, "tls", false, "speak TLS")
	f.StringVar(&a.caFile, "ca-file", "", "PEM certificates to trust instead of the system's; implies --tls")
	f.StringArrayVar(&a.headers, "header", nil, "a header, or metadata over gRPC, KEY=VALUE (repeatable)")
}

// open returns the way to a model, which the caller closes. Nothing is dialled yet.
func (a *inferAddress) open(model, version string) (inferTarget, error) {
	headers, err := a.pairs()
	if err != nil {
		return nil, err
	}
	tlsConfig, err := a.tls()
	if err != nil {
		return nil, err
	}
	if a.rest {
		return openInferREST(a.restURL, tlsConfig, headers, model, version)
	}
	return openInferGRPC(a.grpcAddress, tlsConfig, headers, model, version)
}

func (a *inferAddress) grpcAddress() (string, error) {
	if a.address == "" {
		return "localhost:8001", nil
	}
	if strings.HasPrefix(a.address, "http://") || strings.HasPrefix(a.address, "https://") {
		return "", fmt.Errorf("--address %q is a URL; write HOST:PORT for gRPC, or add --rest", a.address)
	}
	return a.address, nil
}

// restURL is the server's base URL. An address may be one, with a path before /v2.
func (a *inferAddress) restURL() (*url.URL, error) {
	address := a.address
	if address == "" {
		address = "localhost:8000"
	}
	if !strings.Contains(address, "://") {
		scheme := "http://"
		if a.secure || a.caFile != "" {
			scheme = "https://"
		}
		address = scheme + address
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("--address %q is neither HOST:PORT nor an http or https URL", a.address)
	}
	return u, nil
}

// tls is the configuration of TLS, nil without it.
func (a *inferAddress) tls() (*tls.Config, error) {
	if !a.secure && a.caFile == "" {
		return nil, nil //nolint:nilnil // no TLS is not an error
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if a.caFile == "" {
		return config, nil
	}
	pem, err := os.ReadFile(a.caFile)
	if err != nil {
		return nil, fmt.Errorf("--ca-file: %w", err)
	}
	config.RootCAs = x509.NewCertPool()
	if !config.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("--ca-file %s holds no PEM certificate", a.caFile)
	}
	return config, nil
}

// inferHeader is one header to send.
type inferHeader struct{ key, value string }

var inferHeaderKey = regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)

func (a *inferAddress) pairs() ([]inferHeader, error) {
	var all []inferHeader
	for _, flag := range a.headers {
		key, value, ok := strings.Cut(flag, "=")
		switch {
		case !ok || !inferHeaderKey.MatchString(key):
			return nil, fmt.Errorf("--header %q is not KEY=VALUE", flag)
		case strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' }):
			return nil, fmt.Errorf("--header %s: its value is not printable ASCII", key)
		}
		all = append(all, inferHeader{key, value})
	}
	return all, nil
}

// hostOf is the host that a header asks for: gateways of a cluster route by it.
func hostOf(headers []inferHeader) string {
	host := ""
	for _, h := range headers {
		if strings.EqualFold(h.key, "host") {
			host = h.value
		}
	}
	return host
}
