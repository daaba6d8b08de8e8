package dispatch

import "context"

// fly is the caller's line, which was counted before a hedge could come. It returns when every line has ended.
func (f *flight[L, R]) fly(ctx context.Context, first ticket[L]) {
	thrown := true
	defer func() { f.join(thrown) }()
	f.pursue(ctx, first)
	thrown = false
}

// join ends the caller's line and waits for the others.
func (f *flight[L, R]) join(thrown bool) {
	f.mu.Lock()
	if thrown {
		f.end()
	}
	f.leave()
	var idle chan struct{}
	if f.lines > 0 {
		idle = make(chan struct{})
		f.idle = idle
	}
	f.mu.Unlock()
	if idle != nil {
		<-idle
	}
}

// beside is a line of a goroutine of its own. The flight has counted it.
func (f *flight[L, R]) beside(ctx context.Context, t ticket[L]) {
	defer func() {
		thrown := recover()
		f.mu.Lock()
		defer f.mu.Unlock()
		if thrown != nil {
			f.thrown = thrown
			f.end()
		}
		f.leave()
	}()
	f.pursue(ctx, t)
}

// leave ends a line; the flight is over with the last one. The lock is held.
func (f *flight[L, R]) leave() {
	f.lines--
	if f.lines > 0 {
		return
	}
	f.end()
	if f.idle != nil {
		close(f.idle)
	}
}

// land is how the call went, when every line has ended.
func (f *flight[L, R]) land() (R, error) {
	if f.thrown != nil {
		panic(f.thrown) // where the call was made, so that whoever made it can catch it
	}
	if !f.won {
		return f.answer, f.fault.Err
	}
	return f.answer, nil
}
