package server_test

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

// floats are n FP32 in JSON.
func floats(n int) string { return strings.TrimSuffix(strings.Repeat("0.5,-1.25,", n/2), ",") }

func largeJSON(n int) string {
	return fmt.Sprintf(`{"id":"7","inputs":[{"name":"x","datatype":"FP32","shape":[%d],"data":[%s]}]}`, n, floats(n))
}

// unsized hides how long a reader is.
type unsized struct{ io.Reader }

func TestLargeBodiesAreDecodedWhileTheyCome(t *testing.T) {
	t.Parallel()
	g := start(t, &catalog{models: models()})
	const n = 1 << 20
	body := largeJSON(n)
	want := fmt.Sprintf(`{"id":"7","model_name":"echo","model_version":"1","outputs":[{"name":"x","datatype":"FP32","shape":[%d],"data":[%s]}]}`, n, floats(n))
	for name, reader := range map[string]io.Reader{"of known length": strings.NewReader(body), "in chunks": unsized{strings.NewReader(body)}} {
		got := g.doAt(t, g.at.REST, http.MethodPost, "/v2/models/echo/infer", reader)
		if got.status != http.StatusOK || got.body != want {
			t.Errorf("%s: %d, %d bytes: %.200s", name, got.status, len(got.body), got.body)
		}
	}
	if small := g.do(t, http.MethodPost, "/v2/models/echo/infer", smallJSON); small.header.Get("Content-Length") == "" {
		t.Error("a small answer does not say how long it is")
	}
}

func TestALargeBodyThatIsRefusedIsAnswered(t *testing.T) {
	t.Parallel()
	g := start(t, &catalog{models: models()})
	body := largeJSON(1 << 20)
	for _, tt := range []struct{ name, body, want string }{
		{"at its beginning", strings.Replace(body, "FP32", "FP33", 1), `datatype`},
		{"in its middle", body[:3<<20] + "x" + body[3<<20+1:], `is not a number that FP32 holds`},
		{"too many elements", strings.Replace(body, strconv.Itoa(1<<20), "2", 1), `more elements than its shape calls for`},
		{"behind its end", body + "1", `the end of the body`},
	} {
		got := g.do(t, http.MethodPost, "/v2/models/echo/infer", tt.body)
		if got.status != http.StatusBadRequest || !strings.Contains(got.body, tt.want) {
			t.Errorf("%s: %d %.300s", tt.name, got.status, got.body)
		}
	}
}
