package clients

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/manifold-serving/manifold/clients/balance"
	"github.com/manifold-serving/manifold/infer"
)

// maxReason bounds the text of a server, in bytes.
const maxReason = 1024

// origin names the server in errors.
func (s *Server) origin(address string) string {
	if address == "" {
		return "upstream " + s.name
	}
	return "upstream " + s.name + " (" + address + ")"
}

// fault converts what grpc-go returned for a call. ctx is the caller's, with its deadline.
func (s *Server) fault(ctx context.Context, c *call, err error) error {
	st := status.Convert(err)
	code := st.Code()
	gone := code == codes.Canceled || code == codes.Unavailable
	switch {
	case c.phase.Load() == abandoned:
		return s.unavailable(c.address(), errors.New(c.noConnection(st.Message())))
	case c.silence.broke():
		return s.silent(c.address())
	case ctx.Err() != nil && (code == codes.Canceled || code == codes.DeadlineExceeded):
		return s.contextFault(ctx.Err(), c.address())
	case code == codes.DeadlineExceeded && past(ctx):
		return s.contextFault(context.DeadlineExceeded, c.address())
	case gone && s.fleet.Closed():
		return s.unavailable(c.address(), balance.ErrClosed)
	case gone && c.conn.closed.Load():
		return s.unavailable(c.address(), errGone)
	}
	reason := clean(st.Message())
	if st.Code() == codes.ResourceExhausted && c.answered.Load() && strings.HasPrefix(reason, "grpc: received message") {
		return infer.At(s.origin(c.address()), infer.TooLarge("its answer is too large (%s); ask for fewer outputs or raise messageBytes of ModelServer %s",
			strings.TrimPrefix(reason, "grpc: "), s.name))
	}
	return &infer.Error{Code: meant(known(st.Code()), reason), Origin: s.origin(c.address()), Reason: reason, Cause: err}
}

// meant is the code that a server meant by UNKNOWN: some fail to find it for errors of their own. MLServer does when it is asked
// whether a model is ready that it has not, KServe when a model or the server is not ready.
func meant(code codes.Code, reason string) codes.Code {
	switch {
	case code != codes.Unknown:
	case strings.Contains(reason, "'mlserver.errors.ModelNotFound'"):
		return codes.NotFound
	case strings.Contains(reason, "NotReady' object has no attribute 'reason'"):
		return codes.Unavailable
	}
	return code
}

// past reports whether the deadline of ctx is over: grpc-go may notice before ctx does.
func past(ctx context.Context) bool {
	deadline, ok := ctx.Deadline()
	return ok && !time.Now().Before(deadline)
}

func (s *Server) unavailable(address string, cause error) error {
	return &infer.Error{Code: codes.Unavailable, Origin: s.origin(address), Reason: cause.Error(), Cause: cause}
}

func (s *Server) contextFault(cause error, address string) error {
	return Interrupted(s.origin(address), cause)
}

// Interrupted is the error of a call to origin that the end of its context ended; cause is that of the context.
func Interrupted(origin string, cause error) error {
	if errors.Is(cause, context.DeadlineExceeded) {
		return &infer.Error{Code: codes.DeadlineExceeded, Origin: origin, Reason: "it did not answer before the deadline", Cause: cause}
	}
	return &infer.Error{Code: codes.Canceled, Origin: origin, Reason: "the call was cancelled", Cause: cause}
}

// noConnection tells how long was waited, and why in vain if grpc-go knows.
func (c *call) noConnection(message string) string {
	text := fmt.Sprintf("no connection within %s", c.patience.Round(time.Millisecond))
	if _, why, ok := strings.Cut(message, "latest balancer error: "); ok {
		text += ": " + clean(why)
	}
	return text
}

// known is code, or UNKNOWN when a server made a number up.
func known(code codes.Code) codes.Code {
	if code > codes.Unauthenticated {
		return codes.Unknown
	}
	return code
}

// clean makes a server's text fit for an error: one bounded line of graphic characters, without the phrases in which gRPC
// libraries wrap one error in another.
func clean(text string) string {
	if len(text) > 4*maxReason {
		text = text[:4*maxReason]
	}
	text = strings.Map(graphic, text)
	text = strings.TrimSpace(unnest(text))
	if text == "" {
		return "it gave no reason"
	}
	return bounded(text)
}

func graphic(r rune) rune {
	if !unicode.IsGraphic(r) {
		return ' '
	}
	return r
}

// bounded cuts text to maxReason bytes, between two characters.
func bounded(text string) string {
	const ellipsis = "…"
	if len(text) <= maxReason {
		return text
	}
	end := maxReason - len(ellipsis)
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + ellipsis
}

// unnest removes `rpc error: code = X desc = ` wherever it stands, and the dialler's `connection error: desc = "transport: …"`.
func unnest(text string) string {
	for {
		before, after, ok := strings.Cut(text, "rpc error: code = ")
		if !ok {
			break
		}
		_, desc, ok := strings.Cut(after, " desc = ")
		if !ok {
			desc = after
		}
		text = before + desc
	}
	if _, inner, ok := strings.Cut(text, `connection error: desc = "transport: `); ok {
		inner = strings.TrimSuffix(inner, `"`)
		if _, why, ok := strings.Cut(inner, "authentication handshake failed: it "); ok { // said by a scout
			inner = "it " + why
		}
		return strings.ReplaceAll(strings.TrimPrefix(inner, "Error while dialing: "), `\"`, `"`)
	}
	return text
}

// undecodable is an answer that breaks the protocol.
func (s *Server) undecodable(way trip, what string, cause error) error {
	return &infer.Error{
		Code: codes.Internal, Origin: s.origin(way.address), Cause: cause,
		Reason: "its " + what + " does not decode: " + clean(cause.Error()),
	}
}

// own gives an error of ctx, met while waiting for another call's answer, or of the fleet the server's name.
func (s *Server) own(err error) error { return Unplaced(s.origin(""), err) }

// Unplaced gives the error of a call that no endpoint had, one of its context or of a fleet, the name of the server. Others have it already.
func Unplaced(origin string, err error) error {
	if _, ok := errors.AsType[*infer.Error](err); ok || err == nil {
		return err
	}
	if errors.Is(err, balance.ErrClosed) || errors.Is(err, balance.ErrNowhere) {
		return &infer.Error{Code: codes.Unavailable, Origin: origin, Reason: err.Error(), Cause: err}
	}
	return Interrupted(origin, err)
}
