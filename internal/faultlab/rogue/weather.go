package rogue

import (
	"bytes"
	"time"

	"github.com/manifold-serving/manifold/internal/faultlab/backend"
)

const (
	// gust is how often a flood writes.
	gust = 10 * time.Millisecond
	// window is what net/http is told to announce as the initial window, and what ends an order of none.
	window = 1 << 20
	// noLimit of streams is what is announced when none is ordered.
	noLimit = 1 << 20
)

// announced is what the settings of a connection say.
type announced struct {
	streams uint32
	closed  bool // the initial window is 0
}

// weather does to a connection, as long as it is open, what is ordered for all. It has a goroutine of its own, which may be held up by a
// peer that does not read, and then holds up nobody else.
func (s *Server) weather(c *conn) {
	said := announced{streams: noLimit}
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		b, changed := s.orders.now()
		said = c.announce(said, b)
		timer.Reset(c.next(b))
		select {
		case <-c.closed:
			return
		case <-changed:
		case <-timer.C:
			c.suffer(b)
		}
	}
}

// announce sends the settings that differ from what was said.
func (c *conn) announce(said announced, b backend.Behaviour) announced {
	want := announced{streams: b.MaxStreams, closed: b.Flood.Kind == backend.FloodZeroWindow}
	if want.streams == 0 {
		want.streams = noLimit
	}
	if want.streams != said.streams {
		c.inject(settingsFrame(settingMaxStreams, want.streams), 1)
	}
	if want.closed != said.closed {
		size := uint32(window)
		if want.closed {
			size = 0
		}
		c.inject(settingsFrame(settingInitialWindow, size), 1)
	}
	return want
}

// next is how long it takes until something happens to the connection.
func (c *conn) next(b backend.Behaviour) time.Duration {
	wait := time.Hour
	if every := time.Duration(b.GoAwayEvery); every > 0 && !c.left() {
		wait = max(time.Until(c.accepted.Add(every)), 0)
	}
	if b.Flood.Kind != "" && b.Flood.Kind != backend.FloodZeroWindow {
		wait = min(wait, gust)
	}
	return wait
}

// suffer is what happens then.
func (c *conn) suffer(b backend.Behaviour) {
	if every := time.Duration(b.GoAwayEvery); every > 0 && time.Since(c.accepted) >= every {
		c.leave()
	}
	perSecond := b.Flood.PerSecond
	if perSecond <= 0 {
		perSecond = 1000
	}
	n := max(perSecond/int(time.Second/gust), 1)
	switch b.Flood.Kind {
	case backend.FloodPing:
		c.inject(bytes.Repeat(frame(framePing, make([]byte, 8)...), n), 0)
	case backend.FloodSettings:
		c.inject(bytes.Repeat(frame(frameSettings), n), int32(n))
	case backend.FloodBadSize:
		c.inject(bytes.Repeat(settingsFrame(settingMaxFrameSize, 1), n), int32(n))
	case backend.FloodUnknown:
		c.inject(bytes.Repeat(frame(0xfa, make([]byte, 64)...), n), 0)
	}
}
