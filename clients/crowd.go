package clients

import "time"

const (
	noticeable = time.Millisecond      // that a call waits for a stream: less is what making one takes
	longWait   = 20 * time.Millisecond // for a stream of a connection on which no call has begun for as long: its calls take long
	mostSeen   = 16                    // calls that are remembered
	leastSeen  = 4                     // before anything is concluded
)

// crowd tells whether the connections to an address have too few streams: whether half of the last calls spent a quarter of their time
// waiting for one. A server allows so many on a connection, and grpc-go lets calls wait without a word. The zero value has seen none.
type crowd struct{ seen, waited int }

// left notes a call that took so long, of which it waited for a stream.
func (c *crowd) left(waited, took time.Duration) {
	if c.seen++; waited > noticeable && waited > took/4 {
		c.waited++
	}
	if c.seen > mostSeen {
		c.seen, c.waited = c.seen/2, c.waited/2
	}
}

// full reports whether one more connection would help.
func (c *crowd) full() bool { return c.seen >= leastSeen && 2*c.waited >= c.seen }

// stuck reports whether a call waits for a stream and none has begun for long. The link's lock is held.
func (c *conn) stuck() bool {
	return c.inflight > int(c.begun.Load()) && time.Since(c.taken) > longWait && time.Since(time.Unix(0, c.last.Load())) > longWait
}
