package rest

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/clients"
	"github.com/manifold-serving/manifold/clients/balance"
	"github.com/manifold-serving/manifold/clients/dispatch"
	"github.com/manifold-serving/manifold/infer"
)

// verdict is what an attempt says of its endpoint.
type verdict struct {
	Outcome               balance.Outcome
	Unsent, Broken, Final bool
	Pushback              time.Duration
	Code                  codes.Code
}

func verdictOf(o balance.Outcome, f *dispatch.Fault) verdict {
	if f == nil {
		return verdict{Outcome: o}
	}
	return verdict{o, f.Unsent, f.Broken, f.Final, f.Pushback, infer.CodeOf(f.Err)}
}

// opened is a server with one endpoint, and the link to it.
func opened(t *testing.T, handler http.HandlerFunc) (*Server, *link) {
	t.Helper()
	backend := httptest.NewServer(handler)
	t.Cleanup(backend.Close)
	return openedAt(t, clients.Options{Targets: []string{backend.URL}, MessageBytes: 1000})
}

func openedAt(t *testing.T, o clients.Options) (*Server, *link) {
	t.Helper()
	s, err := Open("up", o, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	endpoints, err := s.fleet.Endpoints(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s, endpoints[0].Link
}

func worked(s *Server) attempt[string] {
	return attempt[string]{
		s,
		query{method: http.MethodPost, path: "/", limit: 1000},
		func(a *answer) (string, error) {
			if strings.HasPrefix(string(a.body), "{") {
				return string(a.body), nil
			}
			return "", s.broken(a, "its answer", io.ErrUnexpectedEOF)
		},
	}
}

func TestStatusesSayWhatTheyMeanOfTheEndpoint(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		status int
		after  string
		want   verdict
	}{
		{status: 200, want: verdict{}},
		{status: 400, want: verdict{Outcome: balance.Answered, Final: true, Code: codes.InvalidArgument}},
		{status: 404, want: verdict{Outcome: balance.Answered, Final: true, Code: codes.NotFound}},
		{status: 413, want: verdict{Outcome: balance.Answered, Final: true, Code: codes.ResourceExhausted}},
		{status: 418, want: verdict{Outcome: balance.Answered, Final: true, Code: codes.Internal}},
		{status: 429, after: "2", want: verdict{Outcome: balance.Failed, Pushback: 2 * time.Second, Code: codes.ResourceExhausted}},
		{status: 500, want: verdict{Outcome: balance.Failed, Code: codes.Internal}}, // it may have come of the work, which is not done twice
		{status: 501, want: verdict{Outcome: balance.Answered, Final: true, Code: codes.Unimplemented}},
		{status: 502, want: verdict{Outcome: balance.Failed, Broken: true, Code: codes.Unavailable}},
		{status: 503, after: "7", want: verdict{Outcome: balance.Failed, Broken: true, Pushback: 7 * time.Second, Code: codes.Unavailable}},
		{status: 503, after: "soon", want: verdict{Outcome: balance.Failed, Broken: true, Code: codes.Unavailable}},
		{status: 503, after: "99999999", want: verdict{Outcome: balance.Failed, Broken: true, Pushback: clients.MaxPushback, Code: codes.Unavailable}},
		{status: 504, want: verdict{Outcome: balance.Failed, Broken: true, Code: codes.DeadlineExceeded}},
	} {
		s, l := opened(t, func(w http.ResponseWriter, _ *http.Request) {
			if test.after != "" {
				w.Header().Set("Retry-After", test.after)
			}
			w.WriteHeader(test.status)
			_, _ = io.WriteString(w, "{}")
		})
		a := worked(s)
		_, outcome, fault := a.try(t.Context(), l)
		if diff := cmp.Diff(test.want, verdictOf(outcome, fault)); diff != "" {
			t.Errorf("HTTP %d: %s", test.status, diff)
		}
		if fault != nil && (fault.Said != (test.want.Pushback > 0) || infer.AsError(fault.Err).RetryAfter != test.want.Pushback) {
			t.Errorf("HTTP %d: said %v, retry after %s", test.status, fault.Said, infer.AsError(fault.Err).RetryAfter)
		}
	}
}

// hijacked answers with text as it is, and hangs up.
func hijacked(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_, _ = io.WriteString(conn, text)
			_ = conn.Close()
		}
	}
}

func says(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) }
}

func TestCallsThatBreakSayHowFarTheyCame(t *testing.T) {
	t.Parallel()
	lost := verdict{Outcome: balance.Failed, Broken: true, Code: codes.Unavailable}
	for name, test := range map[string]struct {
		handler http.HandlerFunc
		want    verdict
	}{
		"before its head":     {hijacked(""), lost},
		"in its head":         {hijacked("HTTP/1.1 200 O"), lost},
		"before its body":     {hijacked("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"), lost},
		"in its body":         {hijacked("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"), verdict{Outcome: balance.Failed, Code: codes.Unavailable}},
		"it is nonsense":      {says("<html>"), verdict{Outcome: balance.Failed, Code: codes.Internal}},
		"it is no HTTP":       {hijacked("\x00\x00\x00\x00"), lost},
		"it is too large":     {says("{" + strings.Repeat(" ", 2000)), verdict{Outcome: balance.Answered, Final: true, Code: codes.ResourceExhausted}},
		"its head is a flood": {hijacked("HTTP/1.1 200 OK\r\nA: " + strings.Repeat("a", 100<<10) + "\r\n\r\n"), lost},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, l := opened(t, test.handler)
			a := worked(s)
			_, outcome, fault := a.try(t.Context(), l)
			if diff := cmp.Diff(test.want, verdictOf(outcome, fault)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestCallsThatNobodyWaitsForSayNothingOfTheEndpoint(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		end  func(cancel context.CancelFunc, l *link)
		want verdict
	}{
		"cancelled":       {func(cancel context.CancelFunc, _ *link) { cancel() }, verdict{Outcome: balance.Abandoned, Code: codes.Canceled}},
		"its link closed": {func(_ context.CancelFunc, l *link) { _ = l.Close() }, verdict{Outcome: balance.Abandoned, Broken: true, Code: codes.Unavailable}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			began, over := make(chan struct{}), make(chan struct{})
			s, l := opened(t, func(http.ResponseWriter, *http.Request) {
				close(began)
				<-over
			})
			defer close(over)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			go func() {
				<-began
				test.end(cancel, l)
			}()
			a := worked(s)
			_, outcome, fault := a.try(ctx, l)
			if diff := cmp.Diff(test.want, verdictOf(outcome, fault)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDeadlinesAreHeldAgainstAnEndpointThatHadTime(t *testing.T) {
	t.Parallel()
	s, l := opened(t, says("{}"))
	ctx, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	for ago, want := range map[time.Duration]balance.Outcome{time.Hour: balance.Failed, -time.Hour: balance.Abandoned} {
		outcome, fault := s.broke(ctx, l, time.Now().Add(-ago), ctx.Err())
		if diff := cmp.Diff(verdict{Outcome: want, Code: codes.DeadlineExceeded}, verdictOf(outcome, fault)); diff != "" {
			t.Error(ago, diff)
		}
	}
}

func TestCallsWithoutAConnectionAreUnsent(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(nil)
	gone.Close()
	s, l := openedAt(t, clients.Options{Targets: []string{gone.URL}})
	a := worked(s)
	_, outcome, fault := a.try(t.Context(), l)
	want := verdict{Outcome: balance.Unsent, Unsent: true, Code: codes.Unavailable}
	if diff := cmp.Diff(want, verdictOf(outcome, fault)); diff != "" || l.Standing() != balance.Unreachable {
		t.Errorf("%s %v", diff, l.Standing())
	}
}

// What may be asked of two endpoints is what can do no harm.
func TestWhatIsRepeatable(t *testing.T) {
	t.Parallel()
	plain := infer.NewRequest(infer.Head{}, nil, nil)
	defer plain.Free()
	sequence := infer.NewRequest(infer.Head{Parameters: infer.Parameters{{Key: "sequence_id", Value: int64(7)}}}, nil, nil)
	defer sequence.Free()
	m, v1, path := &model{name: "m"}, &predictor{name: "m"}, &predictor{name: "/p", path: "/p"}
	for name, test := range map[string]struct {
		got, want balance.Call
	}{
		"tensors":               {m.call(plain), balance.Call{Model: "m", Repeatable: true}},
		"tensors of a sequence": {m.call(sequence), balance.Call{Model: "m", Sequence: clients.SequenceOf("m", sequence)}},
		"a prediction":          {v1.call(), balance.Call{Model: "m", Repeatable: true}},
		"a document to a path":  {path.call(), balance.Call{Model: "/p"}},
	} {
		if diff := cmp.Diff(test.want, test.got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if clients.SequenceOf("m", sequence) == "" {
		t.Error("the sequence has no name")
	}
}
