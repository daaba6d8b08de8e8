package server_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/server"
)

// packed is text in gzip or, as HTTP's deflate, zlib.
func packed(t *testing.T, coding, text string) string {
	t.Helper()
	var out bytes.Buffer
	var w io.WriteCloser = gzip.NewWriter(&out)
	if coding == "deflate" {
		w = zlib.NewWriter(&out)
	}
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func unpacked(t *testing.T, coding, text string) string {
	t.Helper()
	var r io.Reader = strings.NewReader(text)
	var err error
	switch coding {
	case "gzip":
		r, err = gzip.NewReader(r)
	case "deflate":
		r, err = zlib.NewReader(r)
	}
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(plain)
}

// TestR09_RequestCodings: the header's length counts what comes out.
func TestR09_RequestCodings(t *testing.T) {
	t.Parallel()
	g := start(t, &catalog{models: models()})
	const header = `{"inputs":[{"name":"x","datatype":"INT8","shape":[2],"parameters":{"binary_data_size":2}}]}`
	for _, coding := range []string{"gzip", "deflate", "GZIP", "identity"} {
		pack := func(text string) string {
			if coding == "identity" {
				return text
			}
			return packed(t, strings.ToLower(coding), text)
		}
		if got := g.do(t, http.MethodPost, echoPath, pack(smallJSON), "Content-Encoding", coding); got.status != http.StatusOK || !strings.Contains(got.body, "[1,2]") {
			t.Errorf("%s: status %d: %s", coding, got.status, got.body)
		}
		got := g.do(t, http.MethodPost, echoPath, pack(header+"\x03\x04"), "Content-Encoding", coding, headerLength, strconv.Itoa(len(header)))
		if got.status != http.StatusOK || !strings.Contains(got.body, "[3,4]") {
			t.Errorf("%s, binary: status %d: %s", coding, got.status, got.body)
		}
	}
	got := g.do(t, http.MethodPost, echoPath, packed(t, "deflate", smallJSON), "Content-Encoding", "gzip") // told apart by content
	if got.status != http.StatusOK {
		t.Errorf("deflate as gzip: status %d: %s", got.status, got.body)
	}
}

func TestR09_BadCodings(t *testing.T) {
	t.Parallel()
	g := start(t, &catalog{models: models()})
	var bare bytes.Buffer
	w, _ := flate.NewWriter(&bare, flate.BestSpeed)
	_, _ = io.WriteString(w, smallJSON)
	_ = w.Close()
	whole := packed(t, "gzip", smallJSON)
	broken := []byte(whole)
	broken[len(broken)-6] ^= 1 // in the checksum
	for name, body := range map[string]string{
		"empty": "", "one byte": "\x1f", "not compressed": smallJSON, "without zlib's header": bare.String(),
		"cut": whole[:len(whole)-9], "checksum": string(broken), "rubbish behind": whole + "rubbish",
	} {
		if got := g.do(t, http.MethodPost, echoPath, body, "Content-Encoding", "gzip"); got.status != http.StatusBadRequest {
			t.Errorf("%s: status %d: %s; want 400", name, got.status, got.body)
		}
	}
}

// TestR09_Bombs: what comes out is bounded as what comes in, and charged.
func TestR09_Bombs(t *testing.T) {
	t.Parallel()
	g := start(t, &catalog{models: models()}, func(o *server.Options, _ *server.Deps) {
		o.Limits.MessageBytes, o.Limits.InflightBytes = 1<<20, 8<<20
	})
	bomb := strings.Repeat(" ", 32<<20)
	for _, coding := range []string{"gzip", "deflate"} {
		got := g.do(t, http.MethodPost, echoPath, packed(t, coding, bomb), "Content-Encoding", coding)
		if got.status != http.StatusRequestEntityTooLarge {
			t.Errorf("%s: status %d: %s; want 413", coding, got.status, got.body)
		}
	}
	members := strings.Repeat(packed(t, "gzip", ""), 1000) // of nothing
	if got := g.do(t, http.MethodPost, echoPath, members+packed(t, "gzip", smallJSON), "Content-Encoding", "gzip"); got.status != http.StatusOK {
		t.Errorf("1001 members: status %d: %s", got.status, got.body)
	}
	almost := smallJSON + strings.Repeat(" ", 1<<20-len(smallJSON))
	if got := g.do(t, http.MethodPost, echoPath, packed(t, "gzip", almost), "Content-Encoding", "gzip"); got.status != http.StatusOK {
		t.Errorf("exactly the limit: status %d: %s", got.status, got.body)
	}
	if got := g.do(t, http.MethodPost, echoPath, packed(t, "gzip", almost+" "), "Content-Encoding", "gzip"); got.status != http.StatusRequestEntityTooLarge {
		t.Errorf("one more: status %d: %s", got.status, got.body)
	}
	g.noBytesInFlight(t)
}

// TestR09_BombsAreCharged: when there is no room for what comes out, the request is refused.
func TestR09_BombsAreCharged(t *testing.T) {
	t.Parallel()
	g := start(t, &catalog{models: models()}, func(o *server.Options, _ *server.Deps) {
		o.Limits.MessageBytes, o.Limits.InflightBytes = 1<<20, 1<<20
	})
	got := g.do(t, http.MethodPost, echoPath, packed(t, "gzip", smallJSON+strings.Repeat(" ", 900<<10)), "Content-Encoding", "gzip")
	if got.status != http.StatusTooManyRequests {
		t.Errorf("status %d: %s; want 429", got.status, got.body)
	}
}

const (
	// bigBinary asks for binary data back, longer than what is not worth compressing.
	bigBinary = `{"parameters":{"binary_data_output":true},"inputs":[{"name":"x","datatype":"INT8","shape":[5000],"parameters":{"binary_data_size":5000}}]}`
	bigSize   = 5000
)

// TestR09_ResponseCodings: only where the operator says so and the client asks; the header counts the uncompressed JSON.
func TestR09_ResponseCodings(t *testing.T) {
	t.Parallel()
	on := start(t, &catalog{models: models()}, func(o *server.Options, _ *server.Deps) { o.CompressResponses = true })
	off := start(t, &catalog{models: models()})
	data := bytes.Repeat([]byte{7}, bigSize)
	for _, tt := range []struct{ accept, want string }{
		{"gzip", "gzip"},
		{"deflate", "deflate"},
		{"gzip, deflate, br", "gzip"}, // aiohttp
		{"deflate;q=1.0, gzip;q=0.5", "deflate"},
		{"deflate, gzip;q=0", "deflate"},
		{"*", "gzip"},
		{"*;q=0, gzip", "gzip"},
		{"GZip ; q=0.3", "gzip"},
		{"identity, gzip;q=0.5", ""},
		{"br", ""},
		{"gzip;q=0", ""},
		{"gzip;q=x", ""},
		{"identity;q=0, gzip;q=0", ""},
		{"identity", ""},
		{",", ""},
	} {
		for _, g := range []*gateway{on, off} {
			want := tt.want
			if g == off {
				want = ""
			}
			got := g.doBinary(t, echoPath, bigBinary, data, "Accept-Encoding", tt.accept)
			if got.header.Get("Content-Encoding") != want || got.header.Get("Content-Length") != strconv.Itoa(len(got.body)) {
				t.Errorf("%q: headers %v; want %q", tt.accept, got.header, want)
				continue
			}
			got.body = unpacked(t, want, got.body)
			if o := got.outputs(t); len(o) != 1 || o[0].Datatype != string(infer.Int8) || !bytes.Equal(o[0].raw, data) {
				t.Errorf("%q: %d outputs", tt.accept, len(o))
			}
		}
	}
	small := on.do(t, http.MethodPost, echoPath, smallJSON, "Accept-Encoding", "gzip")
	fault := on.do(t, http.MethodPost, echoPath, "{", "Accept-Encoding", "gzip")
	if small.header.Get("Content-Encoding") != "" || fault.header.Get("Content-Encoding") != "" || !strings.HasPrefix(fault.body, `{"error"`) {
		t.Errorf("a small answer: %v; an error: %v", small.header, fault.header)
	}
}
