package clients

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestClean(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, want string }{
		{"plain", "input 'x' has a wrong shape", "input 'x' has a wrong shape"},
		{"empty", " \n", "it gave no reason"},
		{"nested", "rpc error: code = Internal desc = rpc error: code = Unknown desc = boom", "boom"},
		{"nested within", "step 2: rpc error: code = Internal desc = boom", "step 2: boom"},
		{"half nested", "rpc error: code = Internal", "Internal"},
		{"control characters", "a\x1b[31mb\r\nc\x00d\u202ee", "a [31mb  c d e"},
		{"not UTF-8", "a\xffb", "a\ufffdb"},
		{
			"dialler", `connection error: desc = "transport: Error while dialing: dial tcp 127.0.0.1:1: connect: connection refused"`,
			"dial tcp 127.0.0.1:1: connect: connection refused",
		},
		{
			"handshake", `connection error: desc = "transport: authentication handshake failed: tls: \"x\" is bad"`,
			`authentication handshake failed: tls: "x" is bad`,
		},
		{"long", strings.Repeat("é", 1000), strings.Repeat("é", 510) + "…"},
		{"huge", strings.Repeat("\n", 1<<20) + "x", "it gave no reason"},
	}
	for _, test := range tests {
		if got := clean(test.text); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

func TestCleanIsCleanWhateverComes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		part := rapid.OneOf(rapid.String(), rapid.Just("rpc error: code = "), rapid.Just(" desc = "), rapid.Just("\xff\x00"), rapid.Just(strings.Repeat("ü", 700)))
		got := clean(strings.Join(rapid.SliceOf(part).Draw(t, "parts"), ""))
		switch {
		case len(got) > maxReason:
			t.Fatalf("%d bytes", len(got))
		case !utf8.ValidString(got):
			t.Fatalf("%q is not UTF-8", got)
		case strings.ContainsFunc(got, func(r rune) bool { return !unicode.IsGraphic(r) }):
			t.Fatalf("%q has characters that are not graphic", got)
		case strings.Contains(got, "rpc error: code = "):
			t.Fatalf("%q is nested", got)
		}
	})
}
