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

// newTransport returns net/http's, to be used without its client: a client would follow redirects.
func newTransport(scheme string, c *connector, o clients.Options) *http.Transport {
	var protocols http.Protocols
	protocols.SetHTTP1(scheme != "h2c")
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(scheme == "h2c")
	return &http.Transport{
		DialContext:            c.dial,
		DialTLSContext:         c.dial, // what is for TLS shakes hands
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
	}
}

// secured shakes hands. It takes plain over.
func secured(ctx context.Context, plain net.Conn, host string, config *tls.Config) (net.Conn, error) {
	if config.ServerName == "" {
		config.ServerName, _, _ = net.SplitHostPort(host) // it was checked
	}
	config.NextProtos = []string{"h2", "http/1.1"}
	secure := tls.Client(plain, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = plain.Close()
		return nil, err
	}
	return secure, nil
}
