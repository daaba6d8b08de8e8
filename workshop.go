package manifold

import "sync"

// workshop makes the parts that a generation is built from, and lends a part that already runs to the next generation, so that a
// reload neither dials again nor loads a model again. It is safe for concurrent use.
type workshop struct {
	mu    sync.Mutex
	parts map[string]*part
}

// part is a running thing that generations share: a pool of connections or a loaded model.
type part struct {
	value any
	users int
	close func()
}

// hold returns the part of that key, made by create when none runs, and a function that lets it go; the last user closes it.
func hold[T any](w *workshop, key string, create func() (T, func(), error)) (value T, release func(), err error) {
	w.mu.Lock()
	p, running := w.parts[key]
	if running {
		p.users++
	}
	w.mu.Unlock()
	if running {
		return p.value.(T), w.releaser(key, p), nil
	}
	value, closeValue, err := create()
	if err != nil {
		return value, nil, err
	}
	p = &part{value: value, users: 1, close: closeValue}
	w.mu.Lock()
	if w.parts == nil {
		w.parts = map[string]*part{}
	}
	w.parts[key] = p
	w.mu.Unlock()
	return value, w.releaser(key, p), nil
}

func (w *workshop) releaser(key string, p *part) func() {
	return sync.OnceFunc(func() {
		w.mu.Lock()
		p.users--
		last := p.users == 0
		if last && w.parts[key] == p {
			delete(w.parts, key)
		}
		w.mu.Unlock()
		if last {
			p.close()
		}
	})
}
