package load

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/manifold-serving/manifold/internal/faultlab/proof"
)

// Ledger is the calls and what became of each. It is safe for concurrent use.
type Ledger struct {
	mu      sync.Mutex
	calls   map[string]*entry
	order   []*entry
	answers map[execution]string // the id of the call that was answered with it
	sums    map[uint64]string    // the id of the call that it proves
	strays  []string             // what was said of calls that there are not, or again
}

type entry struct {
	call   proof.Call
	record Record
}

type execution struct {
	backend string
	number  uint64
}

// NewLedger is an empty one.
func NewLedger() *Ledger {
	return &Ledger{calls: map[string]*entry{}, answers: map[execution]string{}, sums: map[uint64]string{}}
}

// Begin notes a call that is about to be made. Ids must differ.
func (l *Ledger) Begin(c proof.Call, r Record) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r.ID, r.Code, r.Verdict = c.ID, "NONE", Missing
	e := &entry{call: c, record: r}
	l.calls[c.ID] = e
	l.order = append(l.order, e)
	l.sums[c.Sum()] = c.ID
}

// Outcome is what a call came to.
type Outcome struct {
	At      time.Time
	Sent    time.Time
	Code    string
	Message string
	// Answer is what was said, if Code is OK; Broken is why it could not be read.
	Answer    proof.Answer
	Broken    error
	Cancelled time.Time
	NotMade   bool
}

// End notes the outcome of the call with that id, and judges it.
func (l *Ledger) End(id string, o Outcome) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e, ok := l.calls[id]
	if !ok {
		l.strays = append(l.strays, fmt.Sprintf("an outcome of the call %q, which was not made", id))
		return
	}
	r := &e.record
	if r.Verdict != Missing {
		r.Verdict, r.Why = Doubled, fmt.Sprintf("a second outcome, %s after %s", o.Code, r.Code)
		return
	}
	r.Code, r.Message, r.Cancelled, r.Latency, r.Sent = o.Code, o.Message, o.Cancelled, o.At.Sub(r.Due), o.Sent
	switch {
	case o.NotMade:
		r.Verdict = NotMade
	case o.Code != "OK":
		r.Verdict = Failed
	case o.Broken != nil:
		r.Verdict, r.Why = Wrong, o.Broken.Error()
	default:
		r.Backend, r.Execution = o.Answer.Backend, o.Answer.Execution
		r.Verdict, r.Why = l.judge(e.call, o.Answer)
	}
	e.call.Payload = nil // its sum is known; a long run shall not keep every byte
}

func (l *Ledger) judge(c proof.Call, a proof.Answer) (Verdict, string) {
	if a.ID != c.ID || a.Sum != c.Sum() || !bytes.Equal(a.Payload, c.Payload) {
		return l.mismatch(c, a)
	}
	at := execution{a.Backend, a.Execution}
	if first, ok := l.answers[at]; ok {
		return Doubled, fmt.Sprintf("execution %d of %s was also the answer to %s", at.number, at.backend, first)
	}
	l.answers[at] = c.ID
	return Right, ""
}

// mismatch tells an answer to another call from one that is just wrong.
func (l *Ledger) mismatch(c proof.Call, a proof.Answer) (Verdict, string) {
	if other, ok := l.sums[a.Sum]; ok && other != c.ID {
		return Swapped, "the answer proves the call " + other
	}
	if _, ok := l.calls[a.ID]; ok && a.ID != c.ID {
		return Swapped, "the answer has the id of the call " + a.ID
	}
	switch {
	case a.ID != c.ID:
		return Wrong, fmt.Sprintf("the answer's id is %q", clean(a.ID))
	case a.Sum != c.Sum():
		return Wrong, fmt.Sprintf("the answer's sum is %d, not %d", a.Sum, c.Sum())
	}
	return Wrong, "the answer's payload is another"
}

// clean is a text that can be printed, and no longer than is read.
func clean(text string) string {
	return strings.ToValidUTF8(text[:min(len(text), 80)], "?")
}

// Records are all calls, in the order in which they were due, and what was said of calls that there are not.
func (l *Ledger) Records() (records []Record, strays []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.order {
		records = append(records, e.record)
	}
	return records, append([]string(nil), l.strays...)
}
