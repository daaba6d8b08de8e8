package balance

// Call is what is known of a call before it has a place.
type Call struct {
	Model      string
	Sequence   string // its calls stay on one endpoint while that can be reached; empty: it belongs to none
	Repeatable bool   // another endpoint may be asked too: the call may try an endpoint that is out
	Question   bool   // it is about the server or the model: how long it takes says nothing of the model's calls, how it ends does
}

// Lease is a call at an endpoint, from Take to Done. It is safe for concurrent use.
type Lease[L Link] struct {
	Endpoint *Endpoint[L]
	Probe    bool // it tries an endpoint that was ejected

	set *Set[L]
}

// Outcome is what a call showed of its endpoint.
type Outcome int

// The outcomes.
const (
	Answered  Outcome = iota // the endpoint did its work, be it with an error for the caller
	Failed                   // it did not: it broke off, refused for want of itself, answered nonsense, or not before the deadline
	Unsent                   // the call found no connection
	Abandoned                // nobody waited for the answer: it says only that it took as long as this
)

// OnMoved has f called once when the endpoint stalls, so that the call had better be made elsewhere too; at an endpoint that is ejected
// already, when the call takes too long for a probe. When that was before, f is called at once. It is called without the set's lock held,
// by whoever found out, so it returns soon; not after Done, but perhaps at the same time. A lease has one f.
func (l *Lease[L]) OnMoved(f func()) { _ = f }

// Answer tells how the call went, while something of it, the rest of a stream, stays in flight. Only the first Answer or Done counts.
func (l *Lease[L]) Answer(o Outcome) { _ = o }

// Done ends the lease. Each is to be ended once.
func (l *Lease[L]) Done(o Outcome) {
	l.Answer(o)
	l.set.release(l.Endpoint)
}
