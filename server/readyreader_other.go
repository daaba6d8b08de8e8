//go:build !unix

package server

import "net"

// readyReader does nothing here: grpc-go keeps a read buffer for each connection.
type readyReader struct{ conn net.Conn }
