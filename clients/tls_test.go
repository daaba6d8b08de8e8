package clients_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/peer"

	"github.com/manifold-serving/manifold/clients"
	"github.com/manifold-serving/manifold/internal/units"
)

// authority signs certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(tb testing.TB) *authority {
	tb.Helper()
	a := &authority{}
	a.cert, a.key = issue(tb, &x509.Certificate{
		Subject: pkix.Name{CommonName: "authority"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}, nil)
	return a
}

// issue signs a certificate of the template; without an authority it signs itself.
func issue(tb testing.TB, template *x509.Certificate, by *authority) (*x509.Certificate, *ecdsa.PrivateKey) {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	template.SerialNumber, _ = rand.Int(rand.Reader, big.NewInt(1<<62))
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	parent, signer := template, key
	if by != nil {
		parent, signer = by.cert, by.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		tb.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		tb.Fatal(err)
	}
	return cert, key
}

// pair is a certificate for name and its key, as PEM.
func (a *authority) pair(tb testing.TB, name string) (certPEM, keyPEM []byte) {
	tb.Helper()
	cert, key := issue(tb, &x509.Certificate{
		Subject: pkix.Name{CommonName: name}, DNSNames: []string{name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}, a)
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		tb.Fatal(err)
	}
	return certificatePEM(cert), pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})
}

func certificatePEM(cert *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})
}

// secure are server options with a certificate of a for "vision"; mutual asks clients for one of a too.
func (a *authority) secure(tb testing.TB, mutual bool) grpc.ServerOption {
	tb.Helper()
	own, err := tls.X509KeyPair(a.pair(tb, "vision"))
	if err != nil {
		tb.Fatal(err)
	}
	config := &tls.Config{Certificates: []tls.Certificate{own}, MinVersion: tls.VersionTLS12}
	if mutual {
		config.ClientAuth = tls.RequireAndVerifyClientCert
		config.ClientCAs = x509.NewCertPool()
		config.ClientCAs.AddCert(a.cert)
	}
	return grpc.Creds(credentials.NewTLS(config))
}

// files are a client's TLS files.
type files struct{ dir string }

func (f files) options() *clients.TLS {
	return &clients.TLS{
		CAFile: filepath.Join(f.dir, "ca.pem"), CertFile: filepath.Join(f.dir, "client.pem"), KeyFile: filepath.Join(f.dir, "client.key"),
		ServerName: "vision",
	}
}

func (f files) write(tb testing.TB, name string, data []byte) {
	tb.Helper()
	if err := os.WriteFile(filepath.Join(f.dir, name), data, 0o600); err != nil {
		tb.Fatal(err)
	}
}

// renew writes what a issues for a client.
func (f files) renew(tb testing.TB, a *authority, client string) {
	tb.Helper()
	cert, key := a.pair(tb, client)
	f.write(tb, "ca.pem", certificatePEM(a.cert))
	f.write(tb, "client.pem", cert)
	f.write(tb, "client.key", key)
}

// eventually calls until check holds for the error. A first call may end before the first handshake does; later ones know how it
// went.
func eventually(tb testing.TB, s *clients.Server, check func(error) bool) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), time.Minute)
	defer cancel()
	for {
		err := call(ctx, tb, s.Model("m"))
		if check(err) {
			return
		}
		if ctx.Err() != nil {
			tb.Fatalf("still %v", err)
		}
	}
}

func TestMutualTLSFollowsItsFiles(t *testing.T) {
	t.Parallel()
	who := make(chan string, 1)
	f := &fake{infer: func(ctx context.Context, _ []byte) ([]byte, error) {
		from, _ := peer.FromContext(ctx)
		who <- from.AuthInfo.(credentials.TLSInfo).State.PeerCertificates[0].Subject.CommonName
		return nil, nil
	}}
	path, pki := socket(t), files{t.TempDir()}
	first, second := newAuthority(t), newAuthority(t)
	pki.renew(t, first, "monday")
	s := open(t, clients.Options{
		Targets: []string{"unix:" + path}, TLS: pki.options(), Connections: 1, ConnectTimeout: units.Duration(time.Minute),
	})
	steps := []struct {
		name   string
		change func()
		server *authority
		want   string
	}{
		{"as opened", func() {}, first, "monday"},
		{"another authority, another certificate", func() { pki.renew(t, second, "tuesday") }, second, "tuesday"},
		{"a key half written", func() { pki.write(t, "client.key", []byte("-----BEGIN EC")) }, second, "tuesday"},
		{"an authority half written", func() { pki.write(t, "ca.pem", nil) }, second, "tuesday"},
		{"repaired", func() { pki.renew(t, second, "wednesday") }, second, "wednesday"},
	}
	for _, step := range steps {
		step.change()
		listener, err := net.Listen("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		_, drain := f.serveOn(listener, step.server.secure(t, true))
		if err := call(t.Context(), t, s.Model("m")); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		if got := <-who; got != step.want {
			t.Errorf("%s: the server saw %s, want %s", step.name, got, step.want)
		}
		drain()
	}
}

func TestTLSNameOfTheTarget(t *testing.T) {
	t.Parallel()
	a, pki := newAuthority(t), files{t.TempDir()}
	pki.write(t, "ca.pem", certificatePEM(a.cert))
	address := (&fake{}).start(t, a.secure(t, false))
	s := open(t, clients.Options{Targets: []string{address}, TLS: &clients.TLS{CAFile: filepath.Join(pki.dir, "ca.pem")}})
	if err := call(t.Context(), t, s.Model("m")); err != nil {
		t.Error(err)
	}
}

func TestServerThatIsNotTrusted(t *testing.T) {
	t.Parallel()
	trusted, other, pki := newAuthority(t), newAuthority(t), files{t.TempDir()}
	pki.renew(t, trusted, "gateway")
	misnamed := pki.options()
	misnamed.ServerName = "audio"
	tests := []struct {
		name   string
		server *authority
		tls    *clients.TLS
		want   string
	}{
		{"another authority", other, pki.options(), "certificate signed by unknown authority"},
		{"another name", trusted, misnamed, "certificate is valid for vision, not audio"},
		{"the system's authorities", trusted, &clients.TLS{ServerName: "vision"}, "certificate signed by unknown authority"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := &fake{}
			s := open(t, clients.Options{Targets: []string{f.start(t, test.server.secure(t, false))}, TLS: test.tls, Connections: 1})
			eventually(t, s, func(err error) bool { return err != nil && strings.Contains(err.Error(), test.want) })
			if n := f.infers.Load(); n != 0 {
				t.Errorf("%d calls reached it", n)
			}
		})
	}
}

func TestTLSFilesAreCheckedAtOnce(t *testing.T) {
	t.Parallel()
	pki := files{t.TempDir()}
	pki.renew(t, newAuthority(t), "gateway")
	pki.write(t, "empty.pem", nil)
	_, foreign := newAuthority(t).pair(t, "gateway")
	pki.write(t, "foreign.key", foreign)
	tests := []struct {
		name   string
		change func(*clients.TLS)
		want   string
	}{
		{"no authority", func(o *clients.TLS) { o.CAFile = "missing.pem" }, "tls.caFile: open missing.pem: no such file or directory"},
		{"an empty one", func(o *clients.TLS) { o.CAFile = filepath.Join(pki.dir, "empty.pem") }, "tls.caFile: " + pki.dir + "/empty.pem holds no certificate in PEM form"},
		{"no certificate", func(o *clients.TLS) { o.CertFile = "missing.pem" }, "tls.certFile, tls.keyFile: open missing.pem: no such file or directory"},
		{"another's key", func(o *clients.TLS) { o.KeyFile = filepath.Join(pki.dir, "foreign.key") }, "tls.certFile, tls.keyFile: tls: private key does not match public key"},
	}
	for _, test := range tests {
		o := pki.options()
		test.change(o)
		_, err := clients.Open("vision", clients.Options{Targets: []string{"127.0.0.1:1"}, TLS: o})
		if err == nil || err.Error() != test.want {
			t.Errorf("%s: %v, want %s", test.name, err, test.want)
		}
	}
}
