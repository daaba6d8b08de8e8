package clients_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/manifold-serving/manifold/clients"
	"github.com/manifold-serving/manifold/internal/units"
)

func TestValidate(t *testing.T) {
	t.Parallel()
	targets := []string{"127.0.0.1:8001"}
	tests := []struct {
		name string
		give clients.Options
		want []string
	}{
		{"the least", clients.Options{Targets: targets}, nil},
		{"every form of target", clients.Options{Targets: []string{
			"localhost:8001", "[::1]:8001", "dns:///triton.models.svc:8001", "dns:triton:8001", "dns://10.0.0.2/triton:8001", "unix:/run/t.sock", "unix:t.sock",
			"file:///etc/manifold/replicas", "file:replicas.txt", "file:8001",
		}}, nil},
		{"nothing", clients.Options{}, []string{"targets: none is given; name at least one address, such as 127.0.0.1:8001"}},
		{
			"bad targets",
			clients.Options{Targets: []string{
				"", "vision", "http://vision:8000", ":8001", "vision:http", "vision:70000", "unix:", "dns://vision:8001", "dns:///vision", "a:1", "a:1",
			}},
			[]string{
				`targets[0]: it is empty; write HOST:PORT, dns:///HOST:PORT or unix:PATH`,
				`targets[1]: "vision" is not HOST:PORT; Triton's gRPC port is 8001 unless changed; an IPv6 address goes in [brackets]`,
				`targets[2]: "http://vision:8000" is of another kind than targets[0]; make a ModelServer for those over HTTP, and one for those over gRPC`,
				`targets[3]: ":8001" has no host; write HOST:PORT`,
				`targets[4]: "vision:http": port "http" is not between 1 and 65535`,
				`targets[5]: "vision:70000": port "70000" is not between 1 and 65535`,
				`targets[6]: "unix:" names no socket; write unix:PATH`,
				`targets[7]: "dns://vision:8001" lacks a slash; write dns:///HOST:PORT`,
				`targets[8]: "dns:///vision" is not dns:///HOST:PORT; an IPv6 address goes in [brackets]`,
				`targets[10]: "a:1" is also targets[9]; for more connections to it raise connections`,
			},
		},
		{
			"everything else",
			clients.Options{
				Targets: targets, Models: []string{"a", ""}, Dialect: "tritan", Contents: "both", Connections: 65, MessageBytes: 1 << 31,
				Timeout: -1, ConnectTimeout: -1, Keepalive: &clients.Keepalive{Time: units.Duration(time.Second), Timeout: -1},
				TLS: &clients.TLS{CertFile: "c.pem"},
			},
			[]string{
				`models[1]: it is empty; write a model's name, or * for all`,
				`dialect: "tritan" is not one of [auto triton kserve mlserver openvino]`,
				`contents: "both" is not one of [auto raw typed]`,
				`connections: 65 is not between 1 and 64`,
				`messageBytes: 2GiB is not between 1 and 2147483647 bytes`,
				`timeout: -1ns is negative; leave it out for the default`,
				`connectTimeout: -1ns is negative; leave it out for the default`,
				`keepalive.timeout: -1ns is negative; leave it out for the default`,
				`keepalive.time: 1s is less than 10s, the least that gRPC allows`,
				`tls.keyFile: it is missing; tls.certFile needs the key that belongs to it`,
			},
		},
		{
			"a key alone",
			clients.Options{Targets: targets, TLS: &clients.TLS{KeyFile: "k.pem"}},
			[]string{`tls.certFile: it is missing; tls.keyFile needs the certificate that belongs to it`},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, err := range test.give.Validate() {
				got = append(got, err.Error())
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
			s, err := clients.Open("vision", test.give)
			if err == nil {
				err = s.Close()
			}
			if (err != nil) != (len(test.want) > 0) {
				t.Errorf("open: %v", err)
			}
			if err != nil && err.Error() != strings.Join(test.want, "\n") {
				t.Errorf("open does not tell every fault: %v", err)
			}
		})
	}
}

func TestOptionsFromJSON(t *testing.T) {
	t.Parallel()
	text := `{
		"targets": ["127.0.0.1:9001"], "models": ["*"], "dialect": "triton", "contents": "typed", "connections": 4,
		"tls": {"caFile": "ca.pem", "certFile": "client.pem", "keyFile": "client.key", "serverName": "vision"},
		"timeout": "5s", "connectTimeout": "250ms", "keepalive": {"time": "1m0s", "timeout": "2s", "withoutCalls": true}, "messageBytes": "64MiB"
	}`
	want := clients.Options{
		Targets: []string{"127.0.0.1:9001"}, Models: []string{"*"}, Dialect: clients.Triton, Contents: clients.OnlyTyped, Connections: 4,
		TLS:     &clients.TLS{CAFile: "ca.pem", CertFile: "client.pem", KeyFile: "client.key", ServerName: "vision"},
		Timeout: units.Duration(5 * time.Second), ConnectTimeout: units.Duration(250 * time.Millisecond),
		Keepalive:    &clients.Keepalive{Time: units.Duration(time.Minute), Timeout: units.Duration(2 * time.Second), WithoutCalls: true},
		MessageBytes: 64 << 20,
	}
	var got clients.Options
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("options (-want +got):\n%s", diff)
	}
	again, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	var back clients.Options
	if err := json.Unmarshal(again, &back); err != nil || !cmp.Equal(want, back) {
		t.Errorf("%s does not come back: %v", again, err)
	}
}
