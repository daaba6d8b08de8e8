package clients

import (
	"context"
	"math"
	"sync"
	"sync/atomic"
	"time"
)

const (
	lifetime     = 30 * time.Second // of what a server told of its models
	doubtfulLife = time.Second      // of "no such model", which is the next thing to change
	forever      = math.MaxInt64    // as long as the connections stay
	maxMemo      = 4096             // entries of a memo
)

// memo remembers answers of a server by name. Of callers who want the same answer one asks and the others wait for it. An answer is
// asked for anew when it is too old, or when a connection came or went since: another server may have come up at the address.
//
// The zero memo is empty and ready. It is safe for concurrent use.
type memo[T any] struct {
	mu      sync.Mutex
	entries map[string]*entry[T]
}

type entry[T any] struct {
	turn   chan struct{} // holds the token of whoever asks
	answer atomic.Pointer[answer[T]]
}

// answer is what a server told, when, and over which connections.
type answer[T any] struct {
	value      T
	at         time.Time
	generation uint64
}

// source is where a memo's answers come from.
type source[T any] struct {
	ask        func(ctx context.Context) (T, trip, error)
	life       func(T) time.Duration
	generation func() uint64
}

// get returns the remembered answer for name, or asks from. Errors are not remembered. A caller whose ctx ends while another one
// asks gets the error of ctx.
func (m *memo[T]) get(ctx context.Context, name string, from source[T]) (T, error) {
	e := m.entry(name)
	if a := e.answer.Load(); from.holds(a) {
		return a.value, nil
	}
	var none T
	select {
	case e.turn <- struct{}{}:
		defer func() { <-e.turn }()
	case <-ctx.Done():
		return none, ctx.Err()
	}
	if a := e.answer.Load(); from.holds(a) {
		return a.value, nil
	}
	if err := ctx.Err(); err != nil { // select chooses at random
		return none, err
	}
	value, way, err := from.ask(ctx)
	if err != nil {
		return none, err
	}
	e.answer.Store(&answer[T]{value, time.Now(), way.generation})
	return value, nil
}

func (s source[T]) holds(a *answer[T]) bool {
	return a != nil && a.generation == s.generation() && time.Since(a.at) < s.life(a.value)
}

// entry finds or makes the entry of name. When the memo is full it forgets any other one: names come from clients, so their number
// has no bound.
func (m *memo[T]) entry(name string) *entry[T] {
	m.mu.Lock()
	defer m.mu.Unlock()
	if e, ok := m.entries[name]; ok {
		return e
	}
	if m.entries == nil {
		m.entries = map[string]*entry[T]{}
	}
	if len(m.entries) >= maxMemo {
		for other := range m.entries {
			delete(m.entries, other)
			break
		}
	}
	e := &entry[T]{turn: make(chan struct{}, 1)}
	m.entries[name] = e
	return e
}
