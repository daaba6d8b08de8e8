package rogue

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/manifold-serving/manifold/internal/faultlab/backend"
)

// exitCode is that of a process that was told to exit.
const exitCode = 3

// controls is the routes of the control port.
func (s *Server) controls() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+backend.PathOrder, func(w http.ResponseWriter, r *http.Request) {
		var b backend.Behaviour
		decoder := json.NewDecoder(r.Body)
		decoder.DisallowUnknownFields()
		err := decoder.Decode(&b)
		if err == nil {
			err = s.Order(b)
		}
		done(w, err)
	})
	mux.HandleFunc("POST "+backend.PathDo, func(w http.ResponseWriter, r *http.Request) {
		action, err := io.ReadAll(io.LimitReader(r.Body, 100))
		if err == nil {
			err = s.Do(backend.Action(action))
		}
		done(w, err)
	})
	mux.HandleFunc("GET "+backend.PathCounts, func(w http.ResponseWriter, _ *http.Request) { say(w, s.Counts()) })
	mux.HandleFunc("GET "+backend.PathJournal, func(w http.ResponseWriter, _ *http.Request) { say(w, s.books.ended()) })
	return mux
}

func done(w http.ResponseWriter, err error) {
	if err != nil {
		fault(w, http.StatusBadRequest, err.Error())
	}
}

// Order replaces the behaviour and begins a window of counts.
func (s *Server) Order(b backend.Behaviour) error {
	if err := b.Validate(); err != nil {
		return err
	}
	s.books.mark()
	s.orders.give(b)
	return nil
}

// Counts are what the server saw.
func (s *Server) Counts() backend.Counts { return s.books.counts(s.listener.count()) }

// forgotten is how many streams the GOAWAY of [backend.GoAwayBelow] goes back by.
const forgotten = 2

// Do does something once. It does not wait for peers.
func (s *Server) Do(a backend.Action) error {
	switch a {
	case backend.GoAway:
		s.each((*conn).leave)
	case backend.GoAwayBelow:
		s.each(func(c *conn) { c.goAway(forgotten) })
	case backend.Reset:
		s.each((*conn).reset)
	case backend.Drain:
		s.Drain()
	case backend.Exit:
		s.exit(exitCode)
	case backend.Mark:
		s.books.mark()
	default:
		return fmt.Errorf("%q is no action", a)
	}
	return nil
}

// each does something to all connections, each on a goroutine of its own, which ends with it or its connection.
func (s *Server) each(do func(*conn)) {
	for _, c := range s.listener.all() {
		go do(c)
	}
}
