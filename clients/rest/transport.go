package rest

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"time"

	"github.com/manifold-serving/manifold/clients"
)

// What keeps a connection within bounds.
const (
	maxHeaderBytes = 64 << 10         // of an answer
	idleTimeout    = 60 * time.Second // of a connection that nobody uses
)

// transport is net/http's, used without its client: a client would follow redirects.
type transport struct{ http.Transport }

// dialError is a connection that did not come about, so that nothing was sent.
type dialError struct{ err error }

func (e *dialError) Error() string { return e.err.Error() }
func (e *dialError) Unwrap() error { return e.err }

func newTransport(target clients.HTTPTarget, o clients.Options, configs func() *tls.Config) *transport {
	dialer := net.Dialer{Timeout: time.Duration(o.ConnectTimeout)}
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dialer.DialContext(ctx, network, address)
		if err != nil {
			return nil, &dialError{err}
		}
		return conn, nil
	}
	var protocols http.Protocols
	protocols.SetHTTP1(target.Scheme != "h2c")
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(target.Scheme == "h2c")
	return &transport{http.Transport{
		DialContext: dial,
		DialTLSContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dial(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return secured(ctx, conn, target.Host, configs(), time.Duration(o.ConnectTimeout))
		},
		Protocols:              &protocols,
		DisableCompression:     true, // a small answer could become a large one
		MaxConnsPerHost:        o.Connections,
		MaxIdleConnsPerHost:    o.Connections,
		MaxIdleConns:           o.Connections,
		IdleConnTimeout:        idleTimeout,
		MaxResponseHeaderBytes: maxHeaderBytes,
		ExpectContinueTimeout:  time.Second,
		WriteBufferSize:        64 << 10,
		ReadBufferSize:         64 << 10,
	}}
}

// secured shakes hands. It takes conn over.
func secured(ctx context.Context, conn net.Conn, host string, config *tls.Config, timeout time.Duration) (net.Conn, error) {
	if config.ServerName == "" {
		config.ServerName, _, _ = net.SplitHostPort(host) // it was checked
	}
	config.NextProtos = []string{"h2", "http/1.1"}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	secure := tls.Client(conn, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, &dialError{err}
	}
	return secure, nil
}
