package server_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/manifold-serving/manifold/internal/units"
	"github.com/manifold-serving/manifold/server"
)

func TestOptionsFromJSON(t *testing.T) {
	t.Parallel()
	text := `{"listeners":{"rest":":80","grpc":"off","admin":"unix:/run/m"},"limits":{"messageBytes":"64MiB","inflightBytes":"1Gi",` +
		`"streamsPerConnection":7,"headerBytes":65536,"connections":3},"grace":"250ms","drain":"1m30s"}`
	want := server.Options{
		Listeners: server.Listeners{REST: ":80", GRPC: "off", Admin: "unix:/run/m"},
		Limits:    server.Limits{MessageBytes: 64 * units.MiB, InflightBytes: units.GiB, StreamsPerConnection: 7, HeaderBytes: 64 * units.KiB, Connections: 3},
		Grace:     250e6, Drain: 90e9,
	}
	var got server.Options
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("options differ (-want +got):\n%s", diff)
	}
	again, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	var round server.Options
	if err := json.Unmarshal(again, &round); err != nil || round != want {
		t.Errorf("%s reads back as %v, %v", again, round, err)
	}
}

func TestValidateNamesFields(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		options server.Options
		want    []string
	}{
		{"zero", server.Options{}, nil},
		{"all set", server.Options{
			Listeners: server.Listeners{REST: "[::1]:80", GRPC: "unix:/g", Admin: "off"},
			Limits:    server.Limits{MessageBytes: 2 * units.GiB, InflightBytes: 2 * units.GiB},
		}, nil},
		{"large messages raise the default", server.Options{Limits: server.Limits{MessageBytes: 2 * units.GiB}}, nil},
		{"addresses", server.Options{Listeners: server.Listeners{REST: "8000", GRPC: ":x", Admin: "unix:"}}, []string{
			`listeners.rest: "8000" is not an address; write :8000, 127.0.0.1:8000, unix:/run/manifold.sock or off`,
			`listeners.grpc: ":x" has no valid port; ports are 0 to 65535`,
			`listeners.admin: "unix:" has no path; write unix:/run/manifold.sock`,
		}},
		{"port too high", server.Options{Listeners: server.Listeners{REST: ":65536"}}, []string{`listeners.rest: ":65536" has no valid port; ports are 0 to 65535`}},
		{"shared port", server.Options{Listeners: server.Listeners{REST: ":8001"}}, []string{"listeners.grpc: :8001 is the address of listeners.rest too; give each a port of its own"}},
		{"free ports", server.Options{Listeners: server.Listeners{REST: ":0", GRPC: ":0"}}, nil},
		{"nothing served", server.Options{Listeners: server.Listeners{REST: "off", GRPC: "off"}}, []string{"listeners: rest and grpc are both off; nothing would be served"}},
		{"limits", server.Options{Limits: server.Limits{MessageBytes: 3 * units.GiB, InflightBytes: 1, StreamsPerConnection: -1, HeaderBytes: 1, Connections: -1}}, []string{
			"limits.messageBytes: 3GiB is not within 1KiB and 2GiB",
			"limits.inflightBytes: 1 is not within 3GiB and 9223372036854775807",
			"limits.headerBytes: 1 is not within 1KiB and 16MiB",
			"limits.streamsPerConnection: -1 is not positive",
			"limits.connections: -1 is not positive",
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, err := range tt.options.Validate() {
				got = append(got, err.Error())
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("faults differ (-want +got):\n%s", diff)
			}
			_, err := server.New(&catalog{}, tt.options, server.Deps{})
			if (err != nil) != (len(tt.want) > 0) || err != nil && err.Error() != strings.Join(tt.want, "\n") {
				t.Errorf("New = %v", err)
			}
		})
	}
}
