package rogue

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/manifold-serving/manifold/internal/faultlab/backend"
)

// drainWithin is how long a server that drains waits for its calls.
const drainWithin = 10 * time.Second

// Server is one. It is safe for concurrent use.
type Server struct {
	incarnation string
	orders      *orders
	books       *books
	workers     chan struct{}
	previous    atomic.Pointer[string] // the id that was answered last
	listener    *listener
	data        *http.Server
	control     *http.Server
	taking      net.Listener // orders
	exit        func(code int)
	weathers    sync.WaitGroup
	drained     chan struct{}
	drain       func()
}

// connKey is the key of a request's *conn in its context.
type connKey struct{}

// New prepares a server that serves calls at data and takes orders at control. Exit is called when the order to exit comes.
func New(o backend.Options, data, control net.Listener, exit func(code int)) *Server {
	o = o.Complete()
	started := time.Now()
	s := &Server{
		incarnation: backend.Incarnation(o.Name, started), orders: newOrders(o), books: newBooks(started),
		workers: make(chan struct{}, o.Workers), exit: exit, taking: control, drained: make(chan struct{}),
	}
	s.drain = sync.OnceFunc(func() { close(s.drained) })
	s.listener = newListener(data, func(c *conn) {
		s.books.dialled(c.accepted)
		s.weathers.Go(func() { s.weather(c) })
	})
	s.data = s.dataServer()
	s.control = &http.Server{Handler: s.controls(), ReadHeaderTimeout: time.Minute}
	return s
}

func (s *Server) dataServer() *http.Server {
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	rest := s.rest()
	return &http.Server{
		Protocols: &protocols,
		HTTP2:     &http.HTTP2Config{MaxConcurrentStreams: noLimit, MaxReceiveBufferPerStream: window},
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.ProtoMajor == 2 && strings.HasPrefix(r.Header.Get("Content-Type"), "application/grpc") {
				s.grpc(w, r)
				return
			}
			rest.ServeHTTP(w, r)
		}),
		ConnContext: func(ctx context.Context, c net.Conn) context.Context { return context.WithValue(ctx, connKey{}, c) },
		// What a peer does to connections that are meant to break is no news.
		ErrorLog:          log.New(io.Discard, "", 0),
		ReadHeaderTimeout: time.Minute,
	}
}

// grpc is the methods of gRPC.
func (s *Server) grpc(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/grpc")
	method := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
	switch method {
	case "ModelInfer":
		s.modelInfer(w, r, false)
	case "ModelStreamInfer":
		s.modelInfer(w, r, true)
	default:
		s.question(w, r, method)
	}
}

// Serve serves until ctx ends, and then no call more, or until it was told to drain and has.
func (s *Server) Serve(ctx context.Context) error {
	served := make(chan error, 2)
	go func() { served <- s.data.Serve(s.listener) }()
	go func() { served <- s.control.Serve(s.taking) }()
	err := s.wait(ctx, served)
	_ = s.data.Close() // what it closes may be closed
	_ = s.control.Close()
	for _, c := range s.listener.all() {
		_ = c.Close()
	}
	for range cap(served) {
		<-served // nobody comes in any more
	}
	s.weathers.Wait()
	return err
}

// wait returns when the server shall end. What it takes from served it puts back.
func (s *Server) wait(ctx context.Context, served chan error) error {
	select {
	case err := <-served:
		served <- err
		return err
	case <-ctx.Done():
		return nil
	case <-s.drained:
	}
	draining, cancel := context.WithTimeout(ctx, drainWithin)
	defer cancel()
	if err := s.data.Shutdown(draining); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}

// Drain makes Serve answer what was begun, and return.
func (s *Server) Drain() { s.drain() }
