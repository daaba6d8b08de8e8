//go:build linux

package toxic

import (
	"context"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// link is a connection of a caller, and the one to the server that was made for it.
type link struct {
	caller, server *net.TCPConn
}

func (l *link) reset() {
	reset(l.caller)
	reset(l.server)
}

// run carries bytes both ways until both ways have ended, or one broke.
func (l *link) run(ctx context.Context, s *atomic.Pointer[setting]) {
	ctx, end := context.WithCancel(ctx)
	defer end()
	defer l.reset()
	stop := context.AfterFunc(ctx, l.reset)
	defer stop()
	var ways sync.WaitGroup
	carry := func(from, to *net.TCPConn, of func(*setting) Direction) {
		w := &way{from: from, to: to, setting: s, of: of, chunks: make(chan chunk, ahead)}
		ways.Go(func() { w.read(ctx) })
		ways.Go(func() {
			if err := w.write(ctx); err != nil {
				end()
			}
		})
	}
	carry(l.caller, l.server, func(s *setting) Direction { return s.Up })
	carry(l.server, l.caller, func(s *setting) Direction { return s.Down })
	ways.Wait()
}

// ahead is how many chunks may be under way: what latency delays, within bounds.
const ahead = 256

// chunk is bytes under way, or the end of them.
type chunk struct {
	bytes []byte
	due   time.Time
	err   error
}

// way is one direction of a connection.
type way struct {
	from, to *net.TCPConn
	setting  *atomic.Pointer[setting]
	of       func(*setting) Direction
	chunks   chan chunk
}

// read takes what comes and says when it is to arrive.
func (w *way) read(ctx context.Context) {
	var last time.Time
	for {
		buffer := make([]byte, 32<<10)
		n, err := w.from.Read(buffer)
		d := w.of(w.setting.Load())
		due := time.Now().Add(time.Duration(d.Latency))
		if d.Jitter > 0 {
			due = due.Add(rand.N(time.Duration(d.Jitter)))
		}
		if due.Before(last) {
			due = last
		}
		last = due
		select {
		case w.chunks <- chunk{buffer[:n], due, err}:
		case <-ctx.Done():
			return
		}
		if err != nil {
			return
		}
	}
}

// write delivers what is due. The error is that of a way that broke; one that ended well has none.
func (w *way) write(ctx context.Context) error {
	for {
		var c chunk
		select {
		case c = <-w.chunks:
		case <-ctx.Done():
			return ctx.Err()
		}
		if err := wait(ctx, time.Until(c.due)); err != nil {
			return err
		}
		if err := w.deliver(ctx, c.bytes); err != nil {
			return err
		}
		if c.err != nil {
			return w.finish(ctx, c.err)
		}
	}
}

// finish passes the end of a way on.
func (w *way) finish(ctx context.Context, err error) error {
	if err != io.EOF { //nolint:errorlint // a Reader's end is not wrapped
		return err
	}
	if _, err := w.open(ctx); err != nil {
		return err
	}
	return w.to.CloseWrite()
}

// deliver writes bytes as the setting in force says, piece by piece.
func (w *way) deliver(ctx context.Context, bytes []byte) error {
	for len(bytes) > 0 {
		d, err := w.open(ctx)
		if err != nil {
			return err
		}
		piece := bytes[:d.piece(len(bytes))]
		bytes = bytes[len(piece):]
		corrupt(piece, d.Corrupt)
		if _, err := w.to.Write(piece); err != nil {
			return err
		}
		if err := wait(ctx, d.pace(len(piece))); err != nil {
			return err
		}
	}
	return nil
}

// open waits while the way is held, and returns the setting that lets go.
func (w *way) open(ctx context.Context) (Direction, error) {
	for {
		s := w.setting.Load()
		d := w.of(s)
		if !d.Hold {
			return d, nil
		}
		select {
		case <-s.over:
		case <-ctx.Done():
			return d, ctx.Err()
		}
	}
}

// corrupt changes one byte in so many.
func corrupt(bytes []byte, in int) {
	if in <= 0 {
		return
	}
	for i := range bytes {
		if rand.N(in) == 0 {
			bytes[i] ^= byte(1 + rand.N(255))
		}
	}
}

// wait waits for d, or until ctx is done.
func wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
