package backend

import "sync"

// tailSize is how much of what a process wrote is kept.
const tailSize = 16 << 10

// tail is the end of what was written to it; as an error it is that text.
type tail struct {
	mu   sync.Mutex
	text []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if over := len(t.text) - tailSize; over > 0 {
		t.text = append(t.text[:0], t.text[over:]...)
	}
	return len(p), nil
}

// Error implements error.
func (t *tail) Error() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return "it said: " + string(t.text)
}
