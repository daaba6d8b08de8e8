package clients

import (
	"errors"
	"strconv"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	"github.com/manifold-serving/manifold/clients/dispatch"
	"github.com/manifold-serving/manifold/infer"
)

// pushbackTrailer has the milliseconds after which a server wants a call made again. Source: gRFC A6, "Pushback".
const pushbackTrailer = "grpc-retry-pushback-ms"

// MaxPushback bounds what a server can ask for: whoever wants to be left alone for longer is to be taken out of the configuration.
const MaxPushback = 10 * time.Minute

// pushbackOf reads how long a server wants to be left alone, when it said so; negative: it wants no more of this call. What cannot be
// read, or is there more than once, means that too. Source: gRFC A6, "Pushback".
func pushbackOf(trailer metadata.MD) (wait time.Duration, said bool) {
	values := trailer[pushbackTrailer]
	if len(values) == 0 {
		return 0, false
	}
	ms, err := strconv.ParseInt(values[0], 10, 64)
	if len(values) > 1 || ms < 0 || err != nil && !errors.Is(err, strconv.ErrRange) {
		return -1, true
	}
	return time.Duration(min(ms, MaxPushback.Milliseconds())) * time.Millisecond, true
}

// heard takes note of a trailer. Any goroutine may call it.
func (c *call) heard(trailer metadata.MD) {
	if wait, said := pushbackOf(trailer); said {
		c.pushback.Store(&wait)
	}
}

// pushBack adds to f what the server said of calls made again, and lets the client hear it too should this fault become its answer.
func (c *call) pushBack(f *dispatch.Fault) {
	wait := c.pushback.Load()
	if wait == nil {
		return
	}
	f.Said, f.Pushback = true, *wait
	e, ok := errors.AsType[*infer.Error](f.Err)
	if ok && *wait > 0 && (e.Code == codes.Unavailable || e.Code == codes.ResourceExhausted) {
		e.RetryAfter = *wait
	}
}
