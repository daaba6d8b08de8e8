package proof

import (
	"encoding/binary"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"time"
)

// The tensors of a request and of its answer: the payload, UINT8 of rank 1, is in both, the others, of one element, in the answer.
const (
	Payload   = "payload"
	Sum       = "sum"       // UINT64: see [Call.Sum]
	Backend   = "backend"   // BYTES: the server's name and incarnation
	Execution = "execution" // UINT64: a number that the server gives once
	Padding   = "padding"   // UINT8: bytes that nobody asked for; it may be there or not
)

// stampSize is how many bytes of the payload are the deadline.
const stampSize = 8

// Call is what is asked.
type Call struct {
	ID string
	// Payload begins with the caller's own deadline; see [NewPayload].
	Payload []byte
}

// NewPayload is size bytes, or as many as the deadline takes: the deadline, which is zero when there is none, and what random says.
// So a server can tell a call that was sent to it too late, whatever those between say of its deadline.
func NewPayload(size int, deadline time.Time, random *rand.Rand) []byte {
	payload := make([]byte, max(size, stampSize))
	if !deadline.IsZero() {
		binary.LittleEndian.PutUint64(payload, uint64(deadline.UnixNano()))
	}
	for i := stampSize; i < len(payload); i++ {
		payload[i] = byte(random.Uint32())
	}
	return payload
}

// Deadline is the caller's, zero if it has none.
func (c Call) Deadline() time.Time {
	if len(c.Payload) < stampSize {
		return time.Time{}
	}
	at := binary.LittleEndian.Uint64(c.Payload)
	if at == 0 {
		return time.Time{}
	}
	return time.Unix(0, int64(at))
}

// Sum is what the answer to c proves.
func (c Call) Sum() uint64 {
	sum := fnv.New64a()
	_, _ = io.WriteString(sum, c.ID)
	_, _ = sum.Write([]byte{0})
	_, _ = sum.Write(c.Payload)
	return sum.Sum64()
}

// Answer is what a server said.
type Answer struct {
	ID        string
	Payload   []byte
	Sum       uint64
	Backend   string
	Execution uint64
}
