package server_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/manifold-serving/manifold/server"
)

func TestOptionsFromJSON(t *testing.T) {
	t.Parallel()
	text := `{"listeners":{"rest":":80","grpc":"off","admin":"unix:/run/m"},"limits":{"messageBytes":"64MiB","inflightBytes":"1Gi",` +
		`"streamsPerConnection":7,"headerBytes":65536,"connections":3},"grace":"250ms","drain":"1m30s"}`
	want := server.Options{
		Listeners: server.Listeners{REST: ":80", GRPC: "off", Admin: "unix:/run/m"},
		Limits:    server.Limits{MessageBytes: 64 * server.MiB, InflightBytes: server.GiB, StreamsPerConnection: 7, HeaderBytes: 64 * server.KiB, Connections: 3},
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
			Limits:    server.Limits{MessageBytes: 2 * server.GiB, InflightBytes: 2 * server.GiB},
		}, nil},
		{"large messages raise the default", server.Options{Limits: server.Limits{MessageBytes: 2 * server.GiB}}, nil},
		{"addresses", server.Options{Listeners: server.Listeners{REST: "8000", GRPC: ":x", Admin: "unix:"}}, []string{
			`listeners.rest: "8000" is not an address; write :8000, 127.0.0.1:8000, unix:/run/manifold.sock or off`,
			`listeners.grpc: ":x" has no valid port; ports are 0 to 65535`,
			`listeners.admin: "unix:" has no path; write unix:/run/manifold.sock`,
		}},
		{"port too high", server.Options{Listeners: server.Listeners{REST: ":65536"}}, []string{`listeners.rest: ":65536" has no valid port; ports are 0 to 65535`}},
		{"shared port", server.Options{Listeners: server.Listeners{REST: ":8001"}}, []string{"listeners.grpc: :8001 is the address of listeners.rest too; give each a port of its own"}},
		{"free ports", server.Options{Listeners: server.Listeners{REST: ":0", GRPC: ":0"}}, nil},
		{"nothing served", server.Options{Listeners: server.Listeners{REST: "off", GRPC: "off"}}, []string{"listeners: rest and grpc are both off; nothing would be served"}},
		{"limits", server.Options{Limits: server.Limits{MessageBytes: 3 * server.GiB, InflightBytes: 1, StreamsPerConnection: -1, HeaderBytes: 1, Connections: -1}}, []string{
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

func TestSize(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]server.Size{
		"0": 0, "1": 1, "12B": 12, "64KiB": 64 << 10, "64Ki": 64 << 10, "3 MiB": 3 << 20, "2GiB": 2 << 30,
	} {
		got, err := server.ParseSize(text)
		if err != nil || got != want {
			t.Errorf("ParseSize(%q) = %d, %v; want %d", text, got, err, want)
		}
		if round, err := server.ParseSize(got.String()); err != nil || round != want {
			t.Errorf("%d as text is %q, which reads as %d, %v", want, got, round, err)
		}
	}
	for _, text := range []string{"", "MiB", "-1", "1.5MiB", "1e3", "64MB", "9223372036854775808", "9999999999GiB", "1KiBMiB"} {
		if got, err := server.ParseSize(text); err == nil {
			t.Errorf("ParseSize(%q) = %d, want an error", text, got)
		}
	}
}

func TestScalarsThatAreNotTheirs(t *testing.T) {
	t.Parallel()
	var size server.Size
	var duration server.Duration
	err := errors.Join(json.Unmarshal([]byte(`"64MB"`), &size), json.Unmarshal([]byte(`5`), &duration), json.Unmarshal([]byte(`"x"`), &duration))
	want := "\"64MB\" is not a size; write 65536, 64KiB, 64MiB or 2GiB\n" +
		"5 is not a duration; write 5s, 1m30s or 250ms\n\"x\" is not a duration; write 5s, 1m30s or 250ms"
	if err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	if err := json.Unmarshal([]byte(`0`), &duration); err != nil || duration != 0 {
		t.Errorf("0 reads as %v, %v", duration, err)
	}
}

func FuzzParseSize(f *testing.F) {
	for _, seed := range []string{"0", "64MiB", "64Mi", " 1 GiB", "9223372036854775807", "-1", "KiB"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		size, err := server.ParseSize(text)
		if err != nil {
			return
		}
		if again, err := server.ParseSize(size.String()); err != nil || again != size || size < 0 {
			t.Errorf("%q is %d, whose text %q reads as %d, %v", text, size, size, again, err)
		}
	})
}
