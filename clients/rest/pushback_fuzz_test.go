package rest

import (
	"net/http"
	"testing"

	"github.com/manifold-serving/manifold/clients"
)

// A server can have callers wait, but not for ever, and not for less than no time.
func FuzzPushback(f *testing.F) {
	for _, text := range []string{"", "0", "7", "-1", "99999999999999999999", "Sun, 22 Nov 2099 12:00:00 GMT", "Sun, 22 Nov 1999 12:00:00 GMT", "soon"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a := &answer{header: http.Header{"Retry-After": {text}}}
		if d := a.pushback(); d < 0 || d > clients.MaxPushback {
			t.Errorf("%q: %s", text, d)
		}
	})
}
