package rest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/clients"
	"github.com/manifold-serving/manifold/clients/balance"
	"github.com/manifold-serving/manifold/infer"
)

// origin names the server in errors.
func (s *Server) origin(l *link) string {
	if l == nil {
		return "upstream " + s.name
	}
	return "upstream " + s.name + " (" + l.target.Host + ")"
}

func (s *Server) unavailable(l *link, cause error) error {
	return &infer.Error{Code: codes.Unavailable, Origin: s.origin(l), Reason: clients.Clean(cause.Error()), Cause: cause}
}

// fault converts the failure of a call that no answer tells of.
func (s *Server) fault(ctx context.Context, l *link, err error) error {
	var large *largeError
	switch {
	case errors.As(err, &large):
		return infer.At(s.origin(l), infer.TooLarge("%s; ask for fewer outputs or raise messageBytes of ModelServer %s", large, s.name))
	case ctx.Err() != nil:
		return clients.Interrupted(s.origin(l), ctx.Err())
	case s.fleet.Closed():
		return s.unavailable(l, balance.ErrClosed)
	case l.connector.isClosed():
		return s.unavailable(l, errLinkClosed)
	}
	return s.unavailable(l, err)
}

// own gives what a fleet says of a call that no endpoint had the server's name.
func (s *Server) own(err error) error { return clients.Unplaced(s.origin(nil), err) }

// refused is an answer with a status other than success as an error.
func (s *Server) refused(a *answer) error {
	reason := reasonOf(a.body)
	if reason == "" {
		reason = fmt.Sprintf("it answered HTTP %d %s and gave no reason", a.status, http.StatusText(a.status))
	}
	if a.status >= 300 && a.status < 400 {
		reason = fmt.Sprintf("it answered HTTP %d with another address, and redirects are not followed; write the address itself", a.status)
	}
	return &infer.Error{Code: codeOf(a.status), Origin: s.origin(a.link), Reason: reason, RetryAfter: a.pushback()}
}

// broken is an answer that breaks the protocol.
func (s *Server) broken(a *answer, what string, cause error) error {
	return &infer.Error{
		Code: codes.Internal, Origin: s.origin(a.link), Cause: cause,
		Reason: what + " does not decode: " + clients.Clean(cause.Error()),
	}
}

// codeOf is the gRPC code that stands for an HTTP status.
func codeOf(status int) codes.Code {
	switch status {
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		return codes.InvalidArgument
	case http.StatusUnauthorized:
		return codes.Unauthenticated
	case http.StatusForbidden:
		return codes.PermissionDenied
	case http.StatusNotFound:
		return codes.NotFound
	case http.StatusConflict:
		return codes.Aborted
	case http.StatusPreconditionFailed:
		return codes.FailedPrecondition
	case http.StatusTooManyRequests, http.StatusRequestEntityTooLarge:
		return codes.ResourceExhausted
	case 499: // nginx's, for a client that went away
		return codes.Canceled
	case http.StatusNotImplemented:
		return codes.Unimplemented
	case http.StatusServiceUnavailable, http.StatusBadGateway:
		return codes.Unavailable
	case http.StatusGatewayTimeout, http.StatusRequestTimeout:
		return codes.DeadlineExceeded
	}
	return codes.Internal
}

// maxReason bounds how much of an answer is looked at for a reason.
const maxReason = 64 << 10

// reasonOf is the text of an error's body: {"error": …} of Triton and TensorFlow Serving, {"detail": …} of KServe and MLServer, where it may
// be a list of what is wrong, {"message": …} of others; or the body itself. It is empty when there is none.
func reasonOf(body []byte) string {
	body = body[:min(len(body), maxReason)]
	var object map[string]json.RawMessage
	if json.Unmarshal(body, &object) == nil {
		for _, key := range []string{"error", "detail", "message"} {
			if text := textOf(object[key]); text != "" {
				return clients.Clean(text)
			}
		}
	}
	if strings.TrimSpace(string(body)) == "" {
		return ""
	}
	return clients.Clean(string(body))
}

// textOf is a string, or those of the "msg" or "message" in a list or an object.
func textOf(value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) == nil {
		return text
	}
	var list []json.RawMessage
	if json.Unmarshal(value, &list) == nil {
		var all []string
		for _, item := range list {
			if text := textOf(item); text != "" {
				all = append(all, text)
			}
		}
		return strings.Join(all, "; ")
	}
	var object struct {
		Loc     []any  `json:"loc"`
		Msg     string `json:"msg"`
		Message string `json:"message"`
	}
	if json.Unmarshal(value, &object) != nil {
		return string(value)
	}
	place := make([]string, len(object.Loc))
	for i, part := range object.Loc {
		place[i] = fmt.Sprint(part)
	}
	if text = object.Msg + object.Message; len(place) > 0 {
		text = strings.Join(place, ".") + ": " + text
	}
	return text
}
