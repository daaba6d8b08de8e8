package rest

import (
	"testing"
	"time"

	"github.com/manifold-serving/manifold/clients"
)

func TestPushbackOfAHeader(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Duration{
		"": 0, "0": 0, "2": 2 * time.Second, "600": clients.MaxPushback, "601": clients.MaxPushback, "2147483647": clients.MaxPushback,
		"99999999999999999999": 0, "-1": 0, "1.5": 0, "soon": 0,
		"Sun, 22 Nov 2026 12:00:07 GMT": 7 * time.Second,
		"Sun, 22 Nov 2026 11:59:59 GMT": 0,
		"Fri, 31 Dec 9999 23:59:59 GMT": clients.MaxPushback,
		"Mon, 01 Jan 0001 00:00:00 GMT": 0,
	} {
		if got := pushbackOf(text, now); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func FuzzRetryAfter(f *testing.F) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for _, seed := range []string{"", "0", "120", "-1", "Sun, 22 Nov 2026 12:00:07 GMT", "Sunday, 22-Nov-26 12:00:07 GMT", "Sun Nov 22 12:00:07 2026"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if got := pushbackOf(text, now); got < 0 || got > clients.MaxPushback {
			t.Errorf("%q: %s", text, got)
		}
	})
}
