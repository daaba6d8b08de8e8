package server

import (
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/internal/oiptest"
)

// slow is a body that never comes; deadline is what its reader sets.
type slow struct{ deadline time.Time }

func (s *slow) SetReadDeadline(d time.Time) error {
	s.deadline = d
	return nil
}

func (s *slow) Read([]byte) (int, error) {
	if s.deadline.IsZero() {
		return 0, errors.New("there is no deadline")
	}
	return 0, os.ErrDeadlineExceeded
}

// TestSlowBody: C6.
func TestSlowBody(t *testing.T) {
	t.Parallel()
	s := &slow{}
	r := bodyReader{source: s, length: 100, limit: 100, budget: &budget{limit: 1000}, buffers: oiptest.NewPool(t), control: s}
	_, err := r.read()
	if statusOf(err) != http.StatusRequestTimeout || infer.CodeOf(err) != codes.DeadlineExceeded {
		t.Errorf("%v is %d, want 408", err, statusOf(err))
	}
	if !s.deadline.IsZero() || r.budget.used.Load() != 0 {
		t.Errorf("afterwards the deadline is %v and %d bytes are charged", s.deadline, r.budget.used.Load())
	}
}

// TestBodies: lengths around those at which the buffer grows.
func TestBodies(t *testing.T) {
	t.Parallel()
	const limit = 5 << 20
	text := strings.Repeat("0123456789", limit/10+1)
	for _, n := range []int{0, 1, firstUnknown - 1, firstUnknown, firstUnknown + 1, firstKnown, firstKnown + 1, limit} {
		for _, length := range []int64{-1, int64(n)} {
			r := bodyReader{
				source: strings.NewReader(text[:n]), length: length, limit: limit, budget: &budget{limit: 4 * limit},
				buffers: oiptest.NewPool(t), control: &slow{},
			}
			b, err := r.read()
			if err != nil {
				t.Fatal(err)
			}
			if got := string(b.bytes()); got != text[:n] {
				t.Errorf("%d bytes, announced %d: got %d", n, length, len(got))
			}
			b.free()
			if r.budget.used.Load() != 0 {
				t.Errorf("%d bytes, announced %d: %d are still charged", n, length, r.budget.used.Load())
			}
		}
	}
	r := bodyReader{source: strings.NewReader("ab"), length: 3, limit: 9, budget: &budget{limit: 9}, buffers: oiptest.NewPool(t), control: &slow{}}
	if _, err := r.read(); infer.CodeOf(err) != codes.InvalidArgument {
		t.Errorf("a body that breaks off: %v, want INVALID_ARGUMENT", err)
	}
	r = bodyReader{source: strings.NewReader("ab"), length: -1, limit: limit, budget: &budget{limit: 9}, buffers: oiptest.NewPool(t), control: &slow{}}
	if _, err := r.read(); infer.CodeOf(err) != codes.ResourceExhausted {
		t.Errorf("a body without room: %v, want RESOURCE_EXHAUSTED", err)
	}
}
