package models

import (
	"fmt"
	"sync"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

// maxSequences is how many sequences a model keeps.
const maxSequences = 10_000

// sequence is what a request says of the sequence that it belongs to. Source: Triton's sequence extension.
type sequence struct {
	id         any // int64, uint64 or string
	start, end bool
}

// sequences are a model's, by id.
type sequences struct {
	mu   sync.Mutex
	open map[any]*state
	idle time.Duration    // after which a sequence is forgotten
	id   infer.DataType   // that the model wants to be told; "" when it does not
	now  func() time.Time // the clock
}

// state is what a model remembers of a sequence.
type state struct {
	sum  int32
	used time.Time
}

func newSequences(config *inferencepb.ModelSequenceBatching) *sequences {
	s := &sequences{
		open: map[any]*state{}, now: time.Now,
		idle: time.Duration(config.GetMaxSequenceIdleMicroseconds()) * time.Microsecond,
	}
	for _, input := range config.GetControlInput() {
		for _, control := range input.GetControl() {
			if control.GetKind() == inferencepb.ModelSequenceBatching_Control_CONTROL_SEQUENCE_CORRID {
				s.id = dataType(control.GetDataType())
			}
		}
	}
	return s
}

// read reads what a request says of its sequence. Source: the protocol page, "Server semantics that clients depend on".
func (s *sequences) read(c *call) (sequence, error) {
	q := sequence{start: truth(c.parameters, "sequence_start"), end: truth(c.parameters, "sequence_end")}
	q.id, _ = c.parameters.Lookup("sequence_id")
	if c.batch > 1 {
		return q, invalid("a request of a sequence has one row, and this one %d", c.batch)
	}
	switch id := q.id.(type) {
	case int64:
		q.id = uint64(id)
	case string:
	default:
		return q, invalid("the request names no sequence; give it a sequence_id")
	}
	if q.id == uint64(0) || q.id == "" {
		return q, invalid("sequence_id %v stands for no sequence; give another one", q.id)
	}
	_, text := q.id.(string)
	if s.id != "" && text != (s.id == infer.Bytes) {
		return q, invalid("sequence_id %v is not of the kind that the model takes, which is %s", q.id, s.id)
	}
	return q, nil
}

// step runs one request of a sequence against its state.
func (s *sequences) step(q sequence, compute func(*state) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget()
	current := s.open[q.id]
	switch {
	case current == nil && !q.start:
		return invalid("sequence %v has not begun; set sequence_start on its first request", q.id)
	case current == nil && len(s.open) == maxSequences:
		return infer.Errorf(codes.Unavailable, "%d sequences are under way", maxSequences)
	case q.start:
		current = &state{}
		s.open[q.id] = current
	}
	current.used = s.now()
	if q.end {
		delete(s.open, q.id)
	}
	return compute(current)
}

func (s *sequences) forget() {
	for id, state := range s.open {
		if s.now().Sub(state.used) > s.idle {
			delete(s.open, id)
		}
	}
}

// text is the id as the model is told it.
func (q sequence) text() string { return fmt.Sprint(q.id) }
