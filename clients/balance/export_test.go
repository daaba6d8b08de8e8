package balance

// Probes reports whether l, which is in flight, tries an endpoint that was ejected.
func Probes[L Link](l *Lease[L]) bool {
	s := l.Endpoint.set
	s.mu.Lock()
	defer s.mu.Unlock()
	return l.Endpoint.probe == l
}
