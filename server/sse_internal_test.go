package server

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/infer"
)

// parsed is the data of the events in a body, as the algorithm of HTML's section on server-sent events reads them.
func parsed(body string) []string {
	var all []string
	var data []string
	for line := range strings.SplitSeq(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(body), "\n") {
		name, value, _ := strings.Cut(line, ":")
		switch {
		case line == "" && len(data) > 0:
			all = append(all, strings.Join(data, "\n"))
			data = nil
		case name == "data":
			data = append(data, strings.TrimPrefix(value, " "))
		}
	}
	return all
}

// FuzzEvents: what a client reads is what was sent, event by event, whatever it holds.
func FuzzEvents(f *testing.F) {
	f.Add("hello", "world")
	f.Add("a\r\nb\n\ndata: c\u2028\x00", "\xff:")
	f.Fuzz(func(t *testing.T, first, second string) {
		w := httptest.NewRecorder()
		s := newEvents(w)
		texts := []string{first, second}
		for _, text := range texts {
			if err := s.send(http.StatusOK, errorBody(shown(infer.Errorf(codes.Internal, "%s", text)))); err != nil {
				t.Fatal(err)
			}
		}
		got := parsed(w.Body.String())
		if len(got) != len(texts) || !w.Flushed {
			t.Fatalf("%d events in %q", len(got), w.Body.String())
		}
		for i, data := range got {
			var body map[string]string
			if err := json.Unmarshal([]byte(data), &body); err != nil || body["error"] != clean(texts[i]) {
				t.Errorf("%q became %q, %v", texts[i], data, err)
			}
		}
	})
}

// deaf is a client that takes nothing.
type deaf struct{ http.ResponseWriter }

var errDeaf = errors.New("it is gone")

func (deaf) Write([]byte) (int, error) { return 0, errDeaf }

// TestR16ClientThatIsGone: an event that cannot be sent ends the stream.
func TestR16ClientThatIsGone(t *testing.T) {
	t.Parallel()
	err := newEvents(deaf{httptest.NewRecorder()}).send(http.StatusOK, []byte("{}"))
	if infer.CodeOf(err) != codes.Canceled || !errors.Is(err, errDeaf) {
		t.Errorf("%v", err)
	}
}
