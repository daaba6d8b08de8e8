package server

import (
	"errors"
	"net/http"
	"strings"
	"unicode"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/infer"
)

// maxErrorText is the longest error that clients get: text comes from models and tensor names, and gRPC carries it in headers,
// of which many clients accept 8 KiB.
const maxErrorText = 2 * 1024

// shown is err as a client may see it: an *infer.Error whose text is bounded and free of control characters.
func shown(err error) error {
	if err == nil {
		return nil
	}
	e := infer.AsError(err)
	text := e.Error()
	cleaned := clean(text)
	var own *httpError
	if cleaned == text && !errors.As(err, &own) {
		return e
	}
	return &infer.Error{Code: e.Code, Reason: cleaned, Cause: err, RetryAfter: e.RetryAfter}
}

func clean(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return ' '
		}
		return r
	}, clip(text, maxErrorText))
	return strings.ToValidUTF8(text, "\uFFFD")
}

// clip shortens text to at most n bytes of its own.
func clip(text string, n int) string {
	if len(text) <= n {
		return text
	}
	return strings.ToValidUTF8(text[:n], "") + "…"
}

// httpError is an error whose HTTP status says more than its code.
type httpError struct {
	status int
	err    *infer.Error
}

func (e *httpError) Error() string { return e.err.Error() }
func (e *httpError) Unwrap() error { return e.err }

func withStatus(status int, code codes.Code, format string, args ...any) error {
	return &httpError{status, infer.Errorf(code, format, args...)}
}

// statusOf is the HTTP status of an error.
func statusOf(err error) int {
	var own *httpError
	var gateway *runtime.HTTPStatusError
	switch {
	case errors.As(err, &own):
		return own.status
	case errors.As(err, &gateway):
		return gateway.HTTPStatus
	case errors.Is(err, infer.ErrTooLarge):
		return http.StatusRequestEntityTooLarge // and not 429, which invites the client to try again
	}
	return statusOfCode(infer.CodeOf(err))
}

// statusClientClosed is nginx's status for a client that left.
const statusClientClosed = 499

// statusOfCode maps by meaning. Source: the gateway column of the protocol page, 5.2; elsewhere grpc-gateway's table.
func statusOfCode(code codes.Code) int {
	switch code {
	case codes.OK:
		return http.StatusOK
	case codes.InvalidArgument, codes.FailedPrecondition, codes.OutOfRange:
		return http.StatusBadRequest
	case codes.Unauthenticated:
		return http.StatusUnauthorized
	case codes.PermissionDenied:
		return http.StatusForbidden
	case codes.NotFound:
		return http.StatusNotFound
	case codes.AlreadyExists, codes.Aborted:
		return http.StatusConflict
	case codes.ResourceExhausted:
		return http.StatusTooManyRequests
	case codes.Canceled:
		return statusClientClosed
	case codes.Unimplemented:
		return http.StatusNotImplemented
	case codes.Unavailable:
		return http.StatusServiceUnavailable
	case codes.DeadlineExceeded:
		return http.StatusGatewayTimeout
	case codes.Unknown, codes.Internal, codes.DataLoss:
	}
	return http.StatusInternalServerError
}
