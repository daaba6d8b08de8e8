package clients_test

import (
	"context"
	"net"
	"strings"
	"testing"

	"google.golang.org/grpc/metadata"

	"github.com/manifold-serving/manifold/clients"
)

// localhost is the address of f as a name.
func localhost(tb testing.TB, address string) string {
	tb.Helper()
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		tb.Fatal(err)
	}
	return "localhost:" + port
}

func TestAddressesOfANameAreCalledByIt(t *testing.T) {
	t.Parallel()
	received := make(chan []string, 1)
	f := &fake{infer: func(ctx context.Context, _ []byte) ([]byte, error) {
		md, _ := metadata.FromIncomingContext(ctx)
		received <- md.Get(":authority")
		return nil, nil
	}}
	name := localhost(t, f.start(t))
	s := open(t, clients.Options{Targets: []string{"dns:///" + name}})
	if err := call(t.Context(), t, s.Model("m")); err != nil {
		t.Fatal(err)
	}
	if got := <-received; len(got) != 1 || got[0] != name {
		t.Errorf("the server was called %q, not %q", got, name)
	}
	for _, e := range s.State().Endpoints {
		if strings.HasPrefix(e.Address, "localhost") {
			t.Errorf("endpoint %s is no address", e.Address)
		}
	}
}

// TestCertificateIsForTheName, though it is for the address as well.
func TestCertificateIsForTheName(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	address := (&fake{}).start(t, a.secure(t, false))
	f := files{t.TempDir()}
	f.write(t, "ca.pem", certificatePEM(a.cert))
	o := clients.Options{Targets: []string{"dns:///" + localhost(t, address)}, TLS: &clients.TLS{CAFile: f.dir + "/ca.pem"}}
	eventually(t, open(t, o), func(err error) bool {
		return err != nil && strings.Contains(err.Error(), "certificate is valid for vision, not localhost")
	})
	o.TLS.ServerName = "vision"
	eventually(t, open(t, o), func(err error) bool { return err == nil })
}
