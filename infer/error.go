package infer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Error is the one error of the gateway: a gRPC code, who failed and why. Edges show Error() to clients, so Reason is written
// for them: lower case, naming the thing and, for a client's fault, the cure.
type Error struct {
	Code   codes.Code
	Origin string // who failed, for example "graph iris: node root: step 2"; empty: the request itself
	Reason string
	Cause  error // for errors.Is and logs; not shown to clients

	// RetryAfter is when it may be worth a try again: the edges send it as grpc-retry-pushback-ms (gRFC A6) and Retry-After. 0: unsaid.
	RetryAfter time.Duration
}

// Errorf returns an Error of that code. A %w in format becomes its Cause.
func Errorf(code codes.Code, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Code: code, Reason: err.Error(), Cause: errors.Unwrap(err)}
}

// ErrTooLarge marks a message that exceeds a limit of its own. Sending it again does not help, as it may with the other reasons for
// RESOURCE_EXHAUSTED.
var ErrTooLarge = errors.New("the message is too large")

// TooLarge returns a RESOURCE_EXHAUSTED that is an [ErrTooLarge].
func TooLarge(format string, args ...any) *Error {
	return &Error{Code: codes.ResourceExhausted, Reason: fmt.Sprintf(format, args...), Cause: ErrTooLarge}
}

// invalid is Errorf for a client's fault.
func invalid(format string, args ...any) *Error {
	return Errorf(codes.InvalidArgument, format, args...)
}

// Error returns "origin: reason".
func (e *Error) Error() string {
	if e.Origin == "" {
		return e.Reason
	}
	return e.Origin + ": " + e.Reason
}

// Unwrap returns the Cause.
func (e *Error) Unwrap() error { return e.Cause }

// GRPCStatus lets grpc-go send the error as it is.
func (e *Error) GRPCStatus() *status.Status { return status.New(e.Code, e.Error()) }

// At returns err as an Error whose origin starts with origin: "origin: what it was". It is nil for nil.
func At(origin string, err error) error {
	if err == nil {
		return nil
	}
	e := AsError(err)
	if e.Origin != "" {
		origin += ": " + e.Origin
	}
	return &Error{Code: e.Code, Origin: origin, Reason: e.Reason, Cause: err, RetryAfter: e.RetryAfter}
}

// AsError finds the Error in err, or makes one: context errors become CANCELLED and DEADLINE_EXCEEDED, gRPC statuses keep their
// code, anything else is INTERNAL.
func AsError(err error) *Error {
	var e *Error
	switch {
	case errors.As(err, &e):
		return e
	case errors.Is(err, context.DeadlineExceeded):
		return &Error{Code: codes.DeadlineExceeded, Reason: "the deadline passed", Cause: err}
	case errors.Is(err, context.Canceled):
		return &Error{Code: codes.Canceled, Reason: "the call was cancelled", Cause: err}
	}
	if s, ok := status.FromError(err); ok {
		return &Error{Code: s.Code(), Reason: s.Message(), Cause: err}
	}
	return &Error{Code: codes.Internal, Reason: err.Error(), Cause: err}
}

// CodeOf is the gRPC code of err, OK for nil.
func CodeOf(err error) codes.Code {
	if err == nil {
		return codes.OK
	}
	return AsError(err).Code
}

// serverFault is err as INTERNAL: the message that broke a rule came from a server.
func serverFault(err error) error {
	return &Error{Code: codes.Internal, Reason: AsError(err).Reason, Cause: err}
}
