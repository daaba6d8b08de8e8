package server

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	"github.com/manifold-serving/manifold/infer"
)

const (
	// pushbackTrailer has the milliseconds that a client's library waits before it makes the call again. Source: gRFC A6.
	pushbackTrailer = "grpc-retry-pushback-ms"

	// maxPushback bounds what clients are told, also by servers behind the gateway: who is away for longer does not come back.
	maxPushback = 10 * time.Minute

	// crowded is how long messages in flight take to make room, half of it more or less, so that those refused together come back apart.
	crowded = time.Second
)

// pushbackOf is when a client may come back after err: for what is over by itself, load and outages, and 0 for all else or when nobody
// has said.
func pushbackOf(err error) time.Duration {
	e := infer.AsError(err)
	if e.Code != codes.Unavailable && e.Code != codes.ResourceExhausted || errors.Is(err, infer.ErrTooLarge) {
		return 0
	}
	return min(max(e.RetryAfter, 0), maxPushback)
}

// pushBack tells a gRPC client when to come back. Fails only outside of a call, and on an edge that has no trailers.
func pushBack(ctx context.Context, err error) {
	if err == nil {
		return
	}
	if after := pushbackOf(err); after > 0 {
		_ = grpc.SetTrailer(ctx, metadata.Pairs(pushbackTrailer, strconv.FormatInt(ceil(after, time.Millisecond), 10)))
	}
}

// retryAfter tells an HTTP client when to come back, in whole seconds, and at least one with a status that asks for it.
// Source: RFC 9110, "Retry-After".
func retryAfter(h http.Header, status int, err error) {
	after := ceil(pushbackOf(err), time.Second)
	switch {
	case status == http.StatusTooManyRequests:
		after = max(after, 1)
	case status != http.StatusServiceUnavailable || after == 0:
		return
	}
	h.Set("Retry-After", strconv.FormatInt(after, 10))
}

// ceil is d in units, rounded up.
func ceil(d, unit time.Duration) int64 { return int64((d + unit - 1) / unit) }

// crowdedFor is about crowded.
func crowdedFor() time.Duration {
	return crowded/2 + rand.N(crowded) //nolint:gosec // spreads clients out, hides nothing
}
