package balance

// queue has calls in flight, the oldest first. Each is in one queue at most.
type queue[L Link] struct{ head, tail *Lease[L] }

func (q *queue[L]) push(l *Lease[L]) {
	l.queue, l.before, l.after = q, q.tail, nil
	if q.tail == nil {
		q.head = l
	} else {
		q.tail.after = l
	}
	q.tail = l
}

func (q *queue[L]) remove(l *Lease[L]) {
	if l.before == nil {
		q.head = l.after
	} else {
		l.before.after = l.after
	}
	if l.after == nil {
		q.tail = l.before
	} else {
		l.after.before = l.before
	}
	l.queue, l.before, l.after = nil, nil, nil
}

// empty moves every call to another queue, where they are the newest.
func (q *queue[L]) empty(into *queue[L]) {
	for l := q.head; l != nil; l = q.head {
		q.remove(l)
		into.push(l)
	}
}

// pending is the oldest that was not moved away; nil when there is none.
func (q *queue[L]) pending() *Lease[L] {
	for l := q.head; l != nil; l = l.after {
		if !l.moved {
			return l
		}
	}
	return nil
}
