package rest

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A replica that could not be reached is asked last for a second, so that not every call waits for it in vain.
func TestOrderOfReplicas(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := pool{replicas: []*replica{{url: "a"}, {url: "b"}, {url: "c"}}}
		order := func() string {
			var urls []string
			for _, r := range p.order() {
				urls = append(urls, r.url)
			}
			return strings.Join(urls, "")
		}
		for _, want := range []string{"abc", "bca", "cab"} {
			if got := order(); got != want {
				t.Errorf("%s, want %s", got, want)
			}
		}
		p.replicas[0].reached(false)
		if got := order(); got != "bca" {
			t.Errorf("%s while a is down", got)
		}
		time.Sleep(outage)
		_, _ = order(), order()
		if got := order(); got != "abc" {
			t.Errorf("%s after a second", got)
		}
		p.replicas[1].reached(false)
		p.replicas[1].reached(true)
		if got := order(); got != "bca" {
			t.Errorf("%s after b was reached", got)
		}
	})
}
