package balance

// home chooses the endpoint of a sequence, which is the same in every gateway while the same endpoints are in and can be reached. When one
// fails only its own sequences move. Source: Thaler and Ravishankar, "A name-based mapping scheme for rendezvous".
func (s *Set[L]) home(q *search[L]) *Endpoint[L] {
	sequence := mixed(hashed(q.call.Sequence))
	if !s.few(len(s.in)) {
		if e := heaviest(s.in, sequence); e != nil && s.rank(e, q, true) == int(Usable) && len(q.avoid) == 0 {
			return e
		}
	}
	return heaviest(s.best(q, true), sequence)
}

// heaviest returns the endpoint that suits a sequence best; nil when there is none.
func heaviest[L Link](all []*Endpoint[L], sequence uint64) *Endpoint[L] {
	var chosen *Endpoint[L]
	var highest uint64
	for _, e := range all {
		if weight := mixed(e.hash ^ sequence); chosen == nil || weight > highest {
			chosen, highest = e, weight
		}
	}
	return chosen
}

// hashed is the FNV-1a hash of text, the same in every process.
func hashed(text string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(text) {
		h = (h ^ uint64(text[i])) * 1099511628211
	}
	return h
}

// mixed spreads every bit of v over all bits, which FNV does not. Source: the finalizer of MurmurHash3.
func mixed(v uint64) uint64 {
	v = (v ^ v>>33) * 0xff51afd7ed558ccd
	v = (v ^ v>>33) * 0xc4ceb9fe1a85ec53
	return v ^ v>>33
}
