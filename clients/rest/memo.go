package rest

import (
	"context"
	"sync"
	"time"
)

const (
	lifetime     = 30 * time.Second // of what a server told of its models
	doubtfulLife = time.Second      // of "no such model", which is the next thing to change
	maxMemo      = 4096             // entries of a memo
)

// memo remembers answers by name. Its zero value is empty. It is safe for concurrent use; callers at the same time may ask twice.
type memo[T any] struct {
	mu      sync.Mutex
	entries map[string]remembered[T]
}

type remembered[T any] struct {
	value T
	until time.Time
}

// get returns the remembered answer for name, or asks, and remembers it for as long as life says. Errors are not remembered.
func (m *memo[T]) get(ctx context.Context, name string, life func(T) time.Duration, ask func(context.Context) (T, error)) (T, error) {
	m.mu.Lock()
	r, found := m.entries[name]
	m.mu.Unlock()
	if found && time.Now().Before(r.until) {
		return r.value, nil
	}
	value, err := ask(ctx)
	if err != nil {
		return value, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.entries == nil {
		m.entries = map[string]remembered[T]{}
	}
	if len(m.entries) >= maxMemo {
		for other := range m.entries { // names come from clients, so their number has no bound
			delete(m.entries, other)
			break
		}
	}
	m.entries[name] = remembered[T]{value, time.Now().Add(life(value))}
	return value, nil
}

// always is a life that does not depend on the answer.
func always[T any](d time.Duration) func(T) time.Duration { return func(T) time.Duration { return d } }
