package clients

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
)

// target is an address as the operator or package discovery wrote it, and as grpc-go takes it.
type target struct {
	text string
	dial string
}

func parseTarget(text string) (target, error) {
	scheme, rest, hasScheme := strings.Cut(text, ":")
	switch {
	case text == "":
		return target{}, errors.New("it is empty; write HOST:PORT, dns:///HOST:PORT or unix:PATH")
	case hasScheme && (scheme == "unix" || scheme == "unix-abstract"):
		return socketTarget(text, rest)
	case strings.Contains(text, "/"):
		return target{}, fmt.Errorf("%q is a URL or a path; write HOST:PORT of its gRPC port, dns:///HOST:PORT or unix:PATH", text)
	}
	// Left to the dialler, a name is resolved anew for every connection.
	return target{text: text, dial: "passthrough:///" + text}, checkHostPort(text, text)
}

func socketTarget(text, rest string) (target, error) {
	if strings.Trim(rest, "/") == "" {
		return target{}, fmt.Errorf("%q names no socket; write unix:PATH", text)
	}
	return target{text: text, dial: text}, nil
}

func checkHostPort(text, endpoint string) error {
	host, port, err := net.SplitHostPort(endpoint)
	if err != nil {
		return fmt.Errorf("%q is not HOST:PORT; Triton's gRPC port is 8001 unless changed; an IPv6 address goes in [brackets]", text)
	}
	if host == "" {
		return fmt.Errorf("%q has no host; write HOST:PORT", text)
	}
	if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
		return fmt.Errorf("%q: port %q is not between 1 and 65535", text, port)
	}
	return nil
}
