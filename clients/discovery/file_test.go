package discovery

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestLines(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, give string
		want       []string
		fault      string
	}{
		{"targets", "b:1\na:1\n", []string{"a:1", "b:1"}, ""},
		{"comments, blanks, repeats, another system's ends of lines", "# ours\r\n\r\n a:1 # first\r\nunix:@a#b\t#c\r\na:1", []string{"a:1", "unix:@a#b"}, ""},
		{"nothing", "# soon\n", nil, "it names no target"},
		{"two in a line", "a:1\nb:1 c:1\n", nil, `line 2: "b:1 c:1" is more than one target; write one a line`},
		{"not text", "a:1\x00\n", nil, "line 1: it is not text"},
		{"not UTF-8", "\xff:1\n", nil, "line 1: it is not text"},
		{"a name", "dns:///a:1\n", nil, `line 1: "dns:///a:1" is a name to look up, or a file; a file has the addresses themselves`},
		{"too large", strings.Repeat("\n", maxFile+1), nil, "it has more than 65536 bytes"},
		{"too many", many(MaxAddresses + 1), nil, "it has 1001 addresses; at most 1000 are allowed"},
		{"as many as may be", many(MaxAddresses), strings.Fields(many(MaxAddresses)), ""},
	}
	for _, tt := range tests {
		got, err := parseLines(tt.give)
		fault := ""
		if err != nil {
			fault = err.Error()
		}
		if diff := cmp.Diff(tt.want, got); diff != "" || fault != tt.fault {
			t.Errorf("%s: %s %s", tt.name, fault, diff)
		}
	}
}

// many are different lines, in order.
func many(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("h" + string(rune('a'+i/676)) + string(rune('a'+i/26%26)) + string(rune('a'+i%26)) + ":1\n")
	}
	return b.String()
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestFileIsWatchedAndABrokenOneLeavesWhatItSaid(t *testing.T) {
	path := filepath.Join(t.TempDir(), "replicas")
	write(t, path, "a:1\n")
	synctest.Test(t, func(t *testing.T) {
		updates := following(t, "file://"+path, time.Hour)
		steps := []struct {
			name string
			do   func()
			want update
		}{
			{"at first", func() {}, update{addresses: []string{"a:1"}}},
			{"changed", func() { write(t, path, "a:1\nb:1\n") }, update{addresses: []string{"a:1", "b:1"}}},
			{"broken", func() { write(t, path, "a 1\n") }, update{fault: path + `: line 1: "a 1" is more than one target; write one a line`}},
			{"gone", func() { os.Remove(path) }, update{fault: "stat " + path + ": no such file or directory"}},
			{"a pipe, which nobody writes", func() { syscall.Mkfifo(path, 0o600) }, update{fault: path + ": it is not a file"}},
			{"back", func() { os.Remove(path); write(t, path, "a:1\nb:1\n") }, update{addresses: []string{"a:1", "b:1"}}},
		}
		for _, step := range steps {
			step.do()
			start := time.Now()
			got := <-updates
			if diff := cmp.Diff(step.want, got, cmp.AllowUnexported(update{})); diff != "" {
				t.Fatal(step.name, diff)
			}
			if took := time.Since(start); took > 2*time.Second {
				t.Errorf("%s: told after %s", step.name, took)
			}
		}
		time.Sleep(time.Minute)
		if len(updates) > 0 {
			t.Errorf("told without a change: %v", <-updates)
		}
	})
}

func TestFileThatIsBeingWrittenDoesNotCount(t *testing.T) {
	path := filepath.Join(t.TempDir(), "replicas")
	write(t, path, "a:8001\n")
	s, err := parse("file:" + path)
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		content string
		want    string
	}{
		{"a:8001\n", "a:8001"},
		{"b:80", "a:8001"},
		{"b:8001\n", "a:8001"}, // it still changes
		{"b:8001\n", "b:8001"},
		{"c:1\n", "b:8001"},
		{"b:8001\n", "b:8001"}, // it was an interlude
		{"c:1\n", "b:8001"},
	} {
		write(t, path, step.content)
		if got, err := s.look(t.Context()); err != nil || !cmp.Equal(got, []string{step.want}) {
			t.Errorf("%q: %v %v", step.content, got, err)
		}
	}
}

func FuzzLines(f *testing.F) {
	for _, seed := range []string{"a:1\nb:1", "# a\n\n", "a b", "\xff", "dns:a:1", "a:1#b", "\r\n\t#"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, content string) {
		got, err := parseLines(content)
		if err != nil {
			return
		}
		if len(got) == 0 || len(got) > MaxAddresses {
			t.Fatal(len(got))
		}
		again, err := parseLines(strings.Join(got, "\n"))
		if err != nil || !cmp.Equal(got, again) {
			t.Errorf("%q is read as %q", got, again)
		}
	})
}
