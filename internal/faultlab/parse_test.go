package faultlab_test

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/manifold-serving/manifold/internal/faultlab"
)

const good = `
about: one of three is stopped
servers:
  - {name: pool, backends: 3, workers: 8, serviceTime: 10ms}
load:
  - {model: echo, rate: 400, calls: 2000, deadline: 1s, failed: 0, tail: 1.5}
faults:
  - {at: 1s, do: stop, to: [pool/0]}
  - {at: 3s, do: continue, to: [pool/0]}
expect: {ejectedWithin: 300ms, memory: 64MiB}
`

func TestGoodScenariosAreRead(t *testing.T) {
	t.Parallel()
	s, err := faultlab.Parse("u02_stopped.yaml", []byte(good))
	if err != nil {
		t.Fatal(err)
	}
	if s.Name != "u02_stopped" || s.Servers[0].ServiceTime.String() != "10ms" || *s.Load[0].Failed != 0 || s.Expect.Memory != 64<<20 {
		t.Errorf("read as %+v", s)
	}
}

func TestBadScenariosAreRefusedWithTheirPlace(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, before, after, want string }{
		{"unknown field", "about:", "abuot:", `u.yaml: [2:1] unknown field "abuot"`},
		{"unknown field of an item", "workers: 8", "wrokers: 8", `u.yaml: [4:31] unknown field "wrokers"`},
		{"unknown expectation", "ejectedWithin", "ejectedIn", `u.yaml: [10:10] unknown field "ejectedIn"`},
		{"not a duration", "serviceTime: 10ms", "serviceTime: 10", "10 is not a duration"},
		{"no description", "about: one of three is stopped", "about: ''", "u.yaml: about: is missing"},
		{"no backends", "backends: 3", "backends: 0", "u.yaml: servers[0].backends: 0 are none"},
		{"no such server", "to: [pool/0]}\n  - {at: 3s", "to: [poll/0]}\n  - {at: 3s", `u.yaml: faults[0].to: there is no server "poll"`},
		{"no such backend", "do: continue, to: [pool/0]", "do: continue, to: [pool/3]", `u.yaml: faults[1].to: "pool/3" is none of the backends pool/0 to pool/2`},
		{"nobody", "do: continue, to: [pool/0]", "do: continue", "u.yaml: faults[1].to: is missing"},
		{"no such action", "do: stop", "do: hope", `u.yaml: faults[0].do: "hope" is no action`},
		{"an order without content", "do: stop", "do: order", "u.yaml: faults[0].do: order needs with"},
		{"no network to poison", "do: stop", "do: toxic", "u.yaml: faults[0].do: the server pool needs toxic: true"},
		{"no file of targets", "do: stop", "do: targets", "u.yaml: faults[0].do: the server pool needs file: true"},
		{"backwards", "at: 3s", "at: 500ms", "u.yaml: faults[1].at: 500ms is before the fault before it, at 1s"},
		{"the gateway killed", "do: stop, to: [pool/0]", "do: kill, to: [gateway]", "u.yaml: faults[0].to: the gateway can be stopped"},
		{"again and again", "do: stop,", "do: stop, times: 3,", "u.yaml: faults[0].every: is missing"},
		{"no load", "calls: 2000", "calls: 0", "u.yaml: load[0].rate: rate, calls and deadline must be more than 0"},
		{"a protocol", "rate: 400", "protocol: soap, rate: 400", `u.yaml: load[0].protocol: "soap" is neither grpc nor rest`},
		{"nobody counts connects", "ejectedWithin: 300ms", "dialsPerSecond: 2", "u.yaml: expect.dialsPerSecond: no server has toxic: true"},
		{"a quick form without load", "expect:", "quick: {faults: []}\nexpect:", "u.yaml: quick.load: there is none"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			text := strings.Replace(good, tt.before, tt.after, 1)
			if text == good {
				t.Fatal("nothing was changed")
			}
			_, err := faultlab.Parse("u.yaml", []byte(text))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

func TestAllFaultsOfAFolderAreToldTogether(t *testing.T) {
	t.Parallel()
	_, err := faultlab.Read(fstest.MapFS{
		"a.yaml": {Data: []byte(strings.Replace(good, "about: one", "aboot: one", 1))},
		"b.yaml": {Data: []byte(good)},
		"c.yaml": {Data: []byte(strings.Replace(good, "do: stop", "do: hope", 1))},
	})
	if err == nil || !strings.Contains(err.Error(), "a.yaml: ") || !strings.Contains(err.Error(), "c.yaml: ") || strings.Contains(err.Error(), "b.yaml") {
		t.Errorf("got %v", err)
	}
}

func TestTheScenariosOfTheLaboratoryAreGood(t *testing.T) {
	t.Parallel()
	all, err := faultlab.Read(os.DirFS("scenarios"))
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		t.Error("there are none")
	}
}
