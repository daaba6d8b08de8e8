package discovery

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"
)

const (
	// lookupTimeout bounds a look-up, the resolver's own repeats included: by then the next one is due.
	lookupTimeout = 5 * time.Second

	// firstRetry is how long after a look-up that failed the next one comes; it doubles up to lastRetry, or the interval. A name server that
	// restarts is back within a second or so, and a call may have nowhere to go until then.
	firstRetry = 500 * time.Millisecond
	lastRetry  = 2 * time.Second

	domainPort = "53"
)

// name is dns:///HOST:PORT.
type name struct {
	host, port string
	server     string // HOST:PORT of the name server; empty: the system's
	resolver   *net.Resolver
}

// parseName reads what follows dns: in a target. Source: gRPC, "gRPC Name Resolution", the forms of dns.
func parseName(target, rest string) (source, error) {
	server, endpoint := "", rest
	if afterSlashes, ok := strings.CutPrefix(rest, "//"); ok {
		var found bool
		if server, endpoint, found = strings.Cut(afterSlashes, "/"); !found {
			return nil, fmt.Errorf("%q lacks a slash; write dns:///HOST:PORT", target)
		}
	}
	host, port, err := net.SplitHostPort(endpoint)
	if err != nil || strings.ContainsFunc(host, misplaced) {
		return nil, fmt.Errorf("%q is not dns:///HOST:PORT; an IPv6 address goes in [brackets]", target)
	}
	if host == "" {
		return nil, fmt.Errorf("%q has no host; write dns:///HOST:PORT", target)
	}
	if !isPort(port) {
		return nil, fmt.Errorf("%q: port %q is not between 1 and 65535", target, port)
	}
	n := &name{host: host, port: port, resolver: net.DefaultResolver}
	if server == "" {
		return n, nil
	}
	if n.server, err = serverAddress(server); err != nil {
		return nil, fmt.Errorf("%q: %w", target, err)
	}
	n.resolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, network, n.server)
	}}
	return n, nil
}

// serverAddress reads SERVER or SERVER:PORT.
func serverAddress(server string) (string, error) {
	host, port, err := net.SplitHostPort(server)
	if err != nil {
		host, port = strings.TrimSuffix(strings.TrimPrefix(server, "["), "]"), domainPort
		if net.ParseIP(host) == nil && strings.Contains(host, ":") {
			return "", fmt.Errorf("the name server %q is not SERVER or SERVER:PORT", server)
		}
	}
	if host == "" || strings.ContainsFunc(host, misplaced) || !isPort(port) {
		return "", fmt.Errorf("the name server %q is not SERVER or SERVER:PORT", server)
	}
	return net.JoinHostPort(host, port), nil
}

func isPort(text string) bool {
	n, err := strconv.ParseUint(text, 10, 16)
	return err == nil && n > 0
}

// misplaced is what no host has.
func misplaced(r rune) bool { return r <= ' ' || r == 0x7f || strings.ContainsRune("/@?#\\\"", r) }

func (n *name) authority() string { return net.JoinHostPort(n.host, n.port) }

// look asks for A and AAAA.
func (n *name) look(ctx context.Context) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	found, err := n.resolver.LookupNetIP(ctx, "ip", n.host)
	if err != nil {
		return nil, n.fault(err)
	}
	addresses := make([]string, len(found))
	for i, ip := range found {
		addresses[i] = net.JoinHostPort(ip.Unmap().String(), n.port)
	}
	return addresses, nil
}

// fault is err in words that stay the same while the cause does: the resolver's name ports of the gateway.
func (n *name) fault(err error) error {
	who := "the name server"
	if n.server != "" {
		who += " " + n.server
	}
	var dns *net.DNSError
	switch {
	case !errors.As(err, &dns):
		return fmt.Errorf("look-up of %s: %w", n.host, err)
	case dns.IsNotFound:
		return fmt.Errorf("look-up of %s: there is no such name, or it has no address", n.host)
	case dns.IsTimeout:
		return fmt.Errorf("look-up of %s: %s does not answer", n.host, who)
	}
	cause := dns.Err[strings.LastIndex(dns.Err, ": ")+1:]
	return fmt.Errorf("look-up of %s: %s: %s", n.host, who, strings.TrimSpace(cause))
}

func (n *name) pause(interval time.Duration, failures int) time.Duration {
	if failures == 0 {
		return interval
	}
	return min(interval, lastRetry, firstRetry<<min(failures-1, 10))
}
