package rest

import (
	"net/http"
	"strconv"
	"time"

	"github.com/manifold-serving/manifold/clients"
)

// pushback is how long the server wants to be left alone; 0 when it does not say.
func (a *answer) pushback() time.Duration { return pushbackOf(a.header.Get("Retry-After"), time.Now()) }

// pushbackOf reads a Retry-After: seconds, or a date. What cannot be read says nothing. Source: RFC 9110, "Retry-After".
func pushbackOf(text string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return min(time.Duration(seconds)*time.Second, clients.MaxPushback)
	}
	if at, err := http.ParseTime(text); err == nil {
		return min(max(at.Sub(now), 0), clients.MaxPushback)
	}
	return 0
}
