package discovery

import (
	"net"
	"net/netip"
	"sync"
	"testing"
)

// domain is a name server on a socket of its own, put together by hand. Source: RFC 1035.
type domain struct {
	address string

	mu        sync.Mutex
	addresses []netip.Addr
	code      byte // RCODE; 0: no error
	asked     int
}

const (
	serverFailure = 2
	noSuchName    = 3
)

func serveDomain(t *testing.T) *domain {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := &domain{address: conn.LocalAddr().String()}
	var serving sync.WaitGroup
	serving.Go(func() {
		query := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(query)
			if err != nil {
				return
			}
			if answer := d.answer(query[:n]); answer != nil {
				conn.WriteTo(answer, from)
			}
		}
	})
	t.Cleanup(func() {
		conn.Close()
		serving.Wait()
	})
	return d
}

func (d *domain) set(code byte, addresses ...string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.code, d.addresses = code, nil
	for _, a := range addresses {
		d.addresses = append(d.addresses, netip.MustParseAddr(a))
	}
}

func (d *domain) answer(query []byte) []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked++
	end := 12
	for end < len(query) && query[end] != 0 {
		end += int(query[end]) + 1
	}
	end += 5 // the root, QTYPE, QCLASS
	if end > len(query) {
		return nil
	}
	qtype := query[end-3]
	out := append([]byte{}, query[:end]...)
	out[2], out[3] = 0x85, 0x80|d.code // QR, AA, RD; RA
	out[7], out[8], out[9], out[10], out[11] = 0, 0, 0, 0, 0
	for _, a := range d.addresses {
		const a4, aaaa = 1, 28
		data := a.AsSlice()
		if a.Is4() != (qtype == a4) || qtype != a4 && qtype != aaaa {
			continue
		}
		out[7]++
		out = append(out, 0xc0, 12, 0, qtype, 0, 1, 0, 0, 0, 0, 0, byte(len(data))) // the name, as in the question; IN, TTL 0
		out = append(out, data...)
	}
	return out
}
