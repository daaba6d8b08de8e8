package discovery

import (
	"strings"
	"testing"
	"time"
)

func TestTargets(t *testing.T) {
	t.Parallel()
	tests := []struct {
		give      string
		dynamic   bool
		want      string // error; empty: it is good
		authority string
	}{
		{"dns:///vision:8001", true, "", "vision:8001"},
		{"dns:vision:8001", true, "", "vision:8001"},
		{"dns:[::1]:8001", true, "", "[::1]:8001"},
		{"dns://10.0.0.2/vision:8001", true, "", "vision:8001"},
		{"dns://10.0.0.2:5353/vision:8001", true, "", "vision:8001"},
		{"dns://[::1]/vision:8001", true, "", "vision:8001"},
		{"dns://::1/vision:8001", true, "", "vision:8001"},
		{"file:///etc/replicas", true, "", ""},
		{"file:replicas.txt", true, "", ""},
		{"file:/etc/replicas", true, "", ""},
		{"file:8001", false, `"file:8001" is neither a name nor a file; write dns:///HOST:PORT or file:///PATH`, ""}, // a host called file
		{"vision:8001", false, `"vision:8001" is neither a name nor a file; write dns:///HOST:PORT or file:///PATH`, ""},
		{"", false, `"" is neither a name nor a file; write dns:///HOST:PORT or file:///PATH`, ""},
		{"dns://vision:8001", true, `"dns://vision:8001" lacks a slash; write dns:///HOST:PORT`, ""},
		{"dns:///vision", true, `"dns:///vision" is not dns:///HOST:PORT; an IPv6 address goes in [brackets]`, ""},
		{"dns:///vi sion:1", true, `"dns:///vi sion:1" is not dns:///HOST:PORT; an IPv6 address goes in [brackets]`, ""},
		{"dns:///:8001", true, `"dns:///:8001" has no host; write dns:///HOST:PORT`, ""},
		{"dns:///vision:http", true, `"dns:///vision:http": port "http" is not between 1 and 65535`, ""},
		{"dns:///vision:0", true, `"dns:///vision:0": port "0" is not between 1 and 65535`, ""},
		{"dns://a:b:c/vision:1", true, `"dns://a:b:c/vision:1": the name server "a:b:c" is not SERVER or SERVER:PORT`, ""},
		{"dns://:53/vision:1", true, `"dns://:53/vision:1": the name server ":53" is not SERVER or SERVER:PORT`, ""},
		{"file:", false, `"file:" is neither a name nor a file; write dns:///HOST:PORT or file:///PATH`, ""},
		{"file://etc/replicas", true, `"file://etc/replicas" lacks a slash; write file:///PATH, or file:PATH for one that is relative`, ""},
		{"file:///etc/", true, `"file:///etc/" names no file; write file:///PATH`, ""},
	}
	for _, tt := range tests {
		if got := Dynamic(tt.give); got != tt.dynamic {
			t.Errorf("%q: dynamic %v", tt.give, got)
		}
		got := ""
		if err := Check(tt.give); err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("%q:\n got %s\nwant %s", tt.give, got, tt.want)
		}
		if got := Authority(tt.give); got != tt.authority {
			t.Errorf("%q: authority %q", tt.give, got)
		}
	}
}

// A name is asked for at its interval, sooner after a failure, later after several, and never later than the interval.
func TestPauses(t *testing.T) {
	t.Parallel()
	s, err := parse("dns:///vision:8001")
	if err != nil {
		t.Fatal(err)
	}
	for failures, want := range []time.Duration{5 * time.Second, 500 * time.Millisecond, time.Second, 2 * time.Second, 2 * time.Second} {
		if got := s.pause(5*time.Second, failures); got != want {
			t.Error(failures, got)
		}
	}
	if got := s.pause(5*time.Second, 1<<40); got != 2*time.Second {
		t.Error(got)
	}
	if got := s.pause(time.Second, 1<<40); got != time.Second {
		t.Error(got)
	}
	for range 1000 {
		if d := jittered(5 * time.Second); d < 4*time.Second || d > 6*time.Second {
			t.Fatal(d)
		}
	}
}

func FuzzTarget(f *testing.F) {
	for _, seed := range []string{"dns:///a:1", "dns://b:53/a:1", "dns:[::1]:1", "file:///x", "file:x", "file:8001", "dns://[/a:1", "a:1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, target string) {
		s, err := parse(target)
		switch {
		case err == nil && !Dynamic(target):
			t.Error("good, but not dynamic")
		case err != nil && strings.TrimSpace(err.Error()) == "":
			t.Error("an error without words")
		case err == nil && strings.HasPrefix(target, "dns:"):
			again, err := parse("dns:///" + s.authority())
			if err != nil || again.authority() != s.authority() {
				t.Errorf("%q: its authority %q is no target: %v", target, s.authority(), err)
			}
		}
	})
}
