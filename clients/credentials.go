package clients

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
)

// credentials reads the files of t and returns transport credentials that read them again for every handshake; for nil, those of plaintext.
func (t *TLS) credentials() (credentials.TransportCredentials, error) {
	if t == nil {
		return insecure.NewCredentials(), nil
	}
	r := &reloading{files: *t}
	config, err := r.files.read()
	if err != nil {
		return nil, err
	}
	r.last = config
	return r, nil
}

// read makes a configuration of what the files hold now.
func (t *TLS) read() (*tls.Config, error) {
	config := &tls.Config{ServerName: t.ServerName, MinVersion: tls.VersionTLS12}
	if t.CAFile != "" {
		pem, err := os.ReadFile(t.CAFile)
		if err != nil {
			return nil, fmt.Errorf("tls.caFile: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("tls.caFile: %s holds no certificate in PEM form", t.CAFile)
		}
	}
	if t.CertFile != "" {
		own, err := tls.LoadX509KeyPair(t.CertFile, t.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("tls.certFile, tls.keyFile: %w", err)
		}
		config.Certificates = []tls.Certificate{own}
	}
	return config, nil
}

// reloading are credentials that follow their files. Handshakes are rare and the files small, so they are read for each one rather
// than watched. A file that is missing or half written, or a key that does not belong to its certificate, may be the middle of a
// renewal: the last good ones are used then, and the server judges them.
type reloading struct {
	files TLS

	mu   sync.Mutex
	last *tls.Config
}

var _ credentials.TransportCredentials = (*reloading)(nil)

// ClientHandshake implements [credentials.TransportCredentials].
func (r *reloading) ClientHandshake(ctx context.Context, authority string, raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	return credentials.NewTLS(r.current()).ClientHandshake(ctx, authority, raw)
}

func (r *reloading) current() *tls.Config {
	config, err := r.files.read()
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil {
		r.last = config
	}
	return r.last
}

// ServerHandshake implements [credentials.TransportCredentials]; the package makes no servers.
func (*reloading) ServerHandshake(net.Conn) (net.Conn, credentials.AuthInfo, error) {
	return nil, nil, errors.New("clients: these credentials are for clients")
}

// Info implements [credentials.TransportCredentials].
func (r *reloading) Info() credentials.ProtocolInfo {
	return credentials.ProtocolInfo{SecurityProtocol: "tls"}
}

// Clone implements [credentials.TransportCredentials].
func (r *reloading) Clone() credentials.TransportCredentials {
	r.mu.Lock()
	defer r.mu.Unlock()
	return &reloading{files: r.files, last: r.last}
}

// OverrideServerName implements [credentials.TransportCredentials].
func (r *reloading) OverrideServerName(name string) error {
	r.files.ServerName = name
	return nil
}
