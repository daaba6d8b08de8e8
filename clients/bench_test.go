package clients_test

import (
	"fmt"
	"testing"

	"github.com/manifold-serving/manifold/clients"
)

// BenchmarkPassthrough sends a request over a unix socket to a server in a process of its own, which answers with an empty
// response: the client's side of a call, and its wait for the server's.
func BenchmarkPassthrough(b *testing.B) {
	s, err := clients.Open("vision", clients.Options{Targets: []string{"unix:" + startChild(b)}})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	u := s.Model("m")
	for _, size := range []int{64, 588 << 10, 4 << 20} {
		b.Run(fmt.Sprintf("%dB", size), func(b *testing.B) {
			req := request(b, size)
			b.ReportAllocs()
			b.SetBytes(int64(size))
			for b.Loop() {
				response, err := u.Infer(b.Context(), req)
				if err != nil {
					b.Fatal(err)
				}
				response.Free()
			}
		})
	}
}
