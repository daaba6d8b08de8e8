//go:build linux

package backend

import (
	"fmt"
	"syscall"
)

// reservation keeps a port of loopback for a server that is now there and now gone: a socket that is bound, but does not listen, so
// that connections are refused, the server can bind the port too, and the kernel gives it to nobody else.
type reservation struct {
	socket int
	port   int
}

func reserve() (*reservation, error) {
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("reserve a port: %w", err)
	}
	r := &reservation{socket: socket}
	if err := r.bind(); err != nil {
		r.release()
		return nil, fmt.Errorf("reserve a port: %w", err)
	}
	return r, nil
}

func (r *reservation) bind() error {
	if err := syscall.SetsockoptInt(r.socket, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1); err != nil {
		return err
	}
	if err := syscall.Bind(r.socket, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return err
	}
	name, err := syscall.Getsockname(r.socket)
	if err != nil {
		return err
	}
	r.port = name.(*syscall.SockaddrInet4).Port
	return nil
}

// address is where the server shall listen.
func (r *reservation) address() string { return fmt.Sprintf("127.0.0.1:%d", r.port) }

func (r *reservation) release() { _ = syscall.Close(r.socket) }
