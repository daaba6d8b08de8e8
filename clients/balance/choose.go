package balance

import "slices"

// quick chooses without a look at every endpoint; nil when the few that it looks at are not all good.
func (s *Set[L]) quick(q *search[L]) *Endpoint[L] {
	n := len(s.in)
	if n == 0 || s.few(n) {
		return nil
	}
	if s.options.Balancing == RoundRobin || n == 1 {
		e := s.in[s.next%n]
		if !s.good(e, q) {
			return nil
		}
		s.next++
		return e
	}
	a, b := s.pair(s.in)
	if !s.good(a, q) || !s.good(b, q) {
		return nil
	}
	return s.better(a, b, q)
}

// few reports whether n endpoints are too few to do without the others.
func (s *Set[L]) few(n int) bool { return n*100 < len(s.endpoints)*s.rules.Floor }

// good reports whether nothing speaks against e.
func (s *Set[L]) good(e *Endpoint[L], q *search[L]) bool {
	return !slices.Contains(q.avoid, e) && q.model.vetoed(e) == "" && s.ready(e, q.now) && s.standingOf(e) == Usable
}

// The ranks of endpoints, the best first, are those of Standing for one that can be reached and is not vetoed.
const (
	keptAway    = int(Unreachable) + iota // by a veto
	outOfReach                            // no connection can be established
	ranksNumber                           // how many there are
)

// survey looks at every endpoint and chooses among the best.
func (s *Set[L]) survey(q *search[L]) *Endpoint[L] {
	best := s.best(q, false)
	switch len(best) {
	case 0:
		return nil
	case 1:
		return best[0]
	}
	best = s.willing(best, q.now)
	return s.among(best, q)
}

// best returns the endpoints of the best rank, in a slice that is good until the next call. When too few of those that are in can be
// called, those that are out count like others. A sequence does not mind that a connection is still to be established.
func (s *Set[L]) best(q *search[L], patient bool) []*Endpoint[L] {
	least, available := ranksNumber, 0
	found := s.scratch[:0]
	consider := func(e *Endpoint[L]) {
		rank := s.rank(e, q, patient)
		if rank < keptAway {
			available++
		}
		if rank > least || slices.Contains(q.avoid, e) {
			return
		}
		if rank < least {
			least, found = rank, found[:0]
		}
		found = append(found, e)
	}
	for _, e := range s.in {
		consider(e)
	}
	if len(s.in) < len(s.endpoints) && s.few(available) {
		for _, e := range s.endpoints {
			if e.out != nil {
				consider(e)
			}
		}
	}
	s.scratch = found
	return found
}

func (s *Set[L]) rank(e *Endpoint[L], q *search[L], patient bool) int {
	standing := s.standingOf(e)
	switch {
	case standing == Unreachable:
		return outOfReach
	case q.model.vetoed(e) != "":
		return keptAway
	case patient:
		return int(Usable)
	}
	return int(standing)
}

// standingOf asks e how it stands, and notes when that has changed.
func (s *Set[L]) standingOf(e *Endpoint[L]) Standing {
	standing := e.Link.Standing()
	if !e.asked || standing != e.standing {
		e.asked, e.standing = true, standing
		if down := standing == Unreachable || e.down && standing != Usable; down != e.down {
			e.down = down
			s.tell(e)
		}
	}
	return standing
}

// among chooses one of several by the policy.
func (s *Set[L]) among(all []*Endpoint[L], q *search[L]) *Endpoint[L] {
	if s.options.Balancing == RoundRobin || len(all) == 1 {
		s.next++
		return all[s.next%len(all)]
	}
	a, b := s.pair(all)
	return s.better(a, b, q)
}

// pair returns two of several at random.
func (s *Set[L]) pair(all []*Endpoint[L]) (a, b *Endpoint[L]) {
	r, n := s.random(), uint64(len(all))
	i, j := (r>>32)*n>>32, (r&0xffffffff)*(n-1)>>32
	if j >= i {
		j++
	}
	return all[i], all[j]
}

// better is the one of two that the policy prefers, the first when it does not mind.
func (s *Set[L]) better(a, b *Endpoint[L], q *search[L]) *Endpoint[L] {
	if s.options.Balancing == LeastRequest {
		if b.inflight < a.inflight {
			return b
		}
		return a
	}
	worse := b
	if s.cost(b, q) < s.cost(a, q) {
		a, worse = b, a
	}
	if s.overdue(worse, q) {
		return worse
	}
	return a
}
