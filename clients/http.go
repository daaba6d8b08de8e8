package clients

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/manifold-serving/manifold/clients/discovery"
)

// Protocol is what is spoken with a server over HTTP.
type Protocol string

// The protocols. A server over gRPC speaks V2.
const (
	V1 Protocol = "v1" // KServe's V1, TensorFlow Serving's
	V2 Protocol = "v2" // the Open Inference Protocol
)

// HTTPTarget is the address of a server over HTTP.
type HTTPTarget struct {
	Text   string // as it was written
	Scheme string // http, https, or h2c: HTTP/2 without TLS
	Host   string // HOST:PORT
	Path   string // in front of the protocol's own, without a slash at its end
}

// schemes are those of HTTP targets, and their usual ports.
func schemes() map[string]string { return map[string]string{"http": "80", "https": "443", "h2c": "80"} }

// OverHTTP reports whether the targets are addresses of HTTP, for package clients/rest: the first one is, or is a file of them, which a
// protocol says.
func (o Options) OverHTTP() bool {
	return len(o.Targets) > 0 && (isHTTP(o.Targets[0]) || o.Protocol != "" && isFile(o.Targets[0]))
}

func isFile(target string) bool {
	return strings.HasPrefix(target, "file:") && discovery.Dynamic(target)
}

func isHTTP(target string) bool {
	scheme, _, found := strings.Cut(target, "://")
	_, known := schemes()[scheme]
	return found && known
}

// ParseHTTPTarget reads http://HOST:PORT, https://HOST:PORT or h2c://HOST:PORT, with a path where a proxy has put the server below one.
func ParseHTTPTarget(text string) (HTTPTarget, error) {
	u, err := url.Parse(text)
	if err != nil {
		return HTTPTarget{}, errors.New("it is not a URL; write http://HOST:PORT") // the text may hold a password
	}
	port, known := schemes()[u.Scheme]
	switch {
	case !known:
		return HTTPTarget{}, fmt.Errorf("%q is not http://HOST:PORT, https://HOST:PORT or h2c://HOST:PORT", u.Redacted())
	case u.User != nil:
		return HTTPTarget{}, fmt.Errorf("%q has a user; write http://HOST:PORT", u.Redacted())
	case u.RawQuery != "" || u.Fragment != "":
		return HTTPTarget{}, fmt.Errorf("%q has a query or a fragment; write http://HOST:PORT", u.Redacted())
	case u.Hostname() == "":
		return HTTPTarget{}, fmt.Errorf("%q has no host; write http://HOST:PORT", text)
	}
	if u.Port() != "" {
		port = u.Port()
	}
	t := HTTPTarget{Text: text, Scheme: u.Scheme, Host: net.JoinHostPort(u.Hostname(), port), Path: strings.TrimRight(u.EscapedPath(), "/")}
	return t, checkHostPort(text, t.Host)
}

// checkTarget is for a target of either kind, which has to be that of all others.
func checkTarget(text string, overHTTP bool) error {
	switch {
	case discovery.Dynamic(text) && overHTTP && !isFile(text):
		return fmt.Errorf("%q is looked up for gRPC only; write http://HOST:PORT, or a file of such", text)
	case discovery.Dynamic(text):
		return discovery.Check(text)
	case text != "" && isHTTP(text) != overHTTP:
		return fmt.Errorf("%q is of another kind than targets[0]; make a ModelServer for those over HTTP, and one for those over gRPC", text)
	case overHTTP:
		_, err := ParseHTTPTarget(text)
		return err
	}
	_, err := parseTarget(text)
	return err
}

// validateHTTP finds what goes with targets of the other kind only.
func (o Options) validateHTTP() []error {
	var faults []error
	switch {
	case o.Protocol != "" && o.Protocol != V1 && o.Protocol != V2:
		faults = append(faults, fmt.Errorf("protocol: %q is neither %s nor %s", o.Protocol, V1, V2))
	case o.Protocol == V1 && !o.OverHTTP():
		faults = append(faults, errors.New("protocol: v1 is spoken over HTTP; write the targets as http://HOST:PORT"))
	}
	if o.TLS != nil && o.OverHTTP() && slices.ContainsFunc(o.Targets, func(t string) bool { return isHTTP(t) && !strings.HasPrefix(t, "https:") }) {
		faults = append(faults, errors.New("tls: a target is without TLS; write it as https://HOST:PORT"))
	}
	return faults
}

// Exposes reports whether Models name or match the model.
func (o Options) Exposes(model string) bool {
	return len(model) <= maxModelName && patterns(o.complete().Models).match(model)
}

// Names are the models that Models name, not by a pattern.
func (o Options) Names() []string { return patterns(o.Models).exact() }

// Completed is o with its defaults filled in.
func (o Options) Completed() Options { return o.complete() }

// Configs reads the files of t, of which nil has none, and returns a function that reads them again for every new connection; see [TLS].
func (t *TLS) Configs() (func() *tls.Config, error) {
	if t == nil {
		t = &TLS{}
	}
	config, err := t.read()
	if err != nil {
		return nil, err
	}
	r := &reloading{files: *t, last: config}
	return func() *tls.Config { return r.current().Clone() }, nil
}

// Clean makes a server's text fit for an error: one bounded line of graphic characters.
func Clean(text string) string { return clean(text) }
