package server

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Listen binds all listeners. When one fails, none stays bound.
func (s *Server) Listen(ctx context.Context) error {
	for _, e := range s.all() {
		l, err := listen(ctx, e.address, s.options.Limits.Connections)
		if err != nil {
			s.closeListeners()
			return fmt.Errorf("listeners.%s: %w", e.name, err)
		}
		e.listener = l
	}
	return nil
}

func (s *Server) closeListeners() {
	for _, e := range s.all() {
		if e.listener != nil {
			_ = e.listener.Close() // nothing was served
			e.listener = nil
		}
	}
}

func (s *Server) all() []*edge {
	if s.admin == nil {
		return s.edges
	}
	return append(slices.Clip(s.edges), s.admin)
}

// Addresses are where the listeners are bound, with ports in place of :0; "off" for those that are not.
func (s *Server) Addresses() Listeners {
	at := Listeners{REST: Off, GRPC: Off, Admin: Off}
	for _, e := range s.all() {
		if e.listener == nil {
			continue
		}
		address := e.listener.Addr().String()
		if e.listener.Addr().Network() == "unix" {
			address = unixPrefix + address
		}
		switch e.name {
		case "rest":
			at.REST = address
		case "grpc":
			at.GRPC = address
		case "admin":
			at.Admin = address
		}
	}
	return at
}

// Serve serves what Listen has bound until ctx is done or a listener fails, then drains: it is not ready any more but serves on
// for [Options.Grace], refuses new connections, waits for calls in flight up to [Options.Drain] and cuts the rest off. It
// returns nil unless a listener failed.
func (s *Server) Serve(ctx context.Context) error {
	all := s.all()
	failed := make(chan error, len(all))
	var serving sync.WaitGroup
	for _, e := range all {
		if e.listener == nil {
			s.closeListeners()
			return fmt.Errorf("listeners.%s is not bound; call Listen first", e.name)
		}
	}
	for _, e := range all {
		serving.Go(func() {
			if err := e.serve(e.listener); err != nil {
				failed <- fmt.Errorf("listeners.%s: %w", e.name, err)
			}
		})
	}
	var fault error
	select {
	case <-ctx.Done():
	case fault = <-failed:
	}
	s.drain(context.WithoutCancel(ctx), fault == nil)
	serving.Wait()
	close(failed)
	for err := range failed {
		fault = errors.Join(fault, err)
	}
	return fault
}

// Stop ends a drain that lasts too long, as a second signal asks for: calls in flight are cut off. Serve returns soon. It does
// not begin a drain; that is what Serve's context is for.
func (s *Server) Stop() { s.once.Do(func() { close(s.hurry) }) }

// drain stops the edges in the order that loses no request; the admin edge is the last, so that it can be watched.
func (s *Server) drain(ctx context.Context, graceful bool) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-s.hurry:
			cancel()
		case <-ctx.Done():
		}
	}()
	s.readiness.drain()
	grace, limit := time.Duration(s.options.Grace), time.Duration(s.options.Drain)
	if graceful && grace > 0 {
		s.logger.InfoContext(ctx, "draining: not ready, serving on", "grace", grace)
		wait(ctx, grace)
	}
	s.readiness.stop()
	s.logger.InfoContext(ctx, "draining: waiting for calls in flight", "limit", limit)
	s.shutdown(ctx, limit, s.edges)
	if s.admin != nil {
		s.shutdown(ctx, lastWait, []*edge{s.admin})
	}
	s.logger.InfoContext(ctx, "stopped")
}

func (s *Server) shutdown(ctx context.Context, limit time.Duration, edges []*edge) {
	ctx, cancel := context.WithTimeout(ctx, max(limit, 0))
	defer cancel()
	var all sync.WaitGroup
	for _, e := range edges {
		all.Go(func() {
			if !e.shutdown(ctx) {
				s.logger.WarnContext(ctx, "calls were cut off at the end of the drain", "listener", e.name)
			}
		})
	}
	all.Wait()
}

func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
