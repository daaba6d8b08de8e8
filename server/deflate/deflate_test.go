package deflate_test

import (
	"bytes"
	"compress/zlib"
	"io"
	"strings"
	"testing"

	"google.golang.org/grpc/encoding"

	"github.com/manifold-serving/manifold/server/deflate"
)

func decompress(t *testing.T, c encoding.Compressor, text string) (string, error) {
	t.Helper()
	r, err := c.Decompress(strings.NewReader(text))
	if err != nil {
		return "", err
	}
	plain, err := io.ReadAll(r)
	if closed := r.(io.Closer).Close(); err == nil {
		err = closed
	}
	return string(plain), err
}

// TestP12_ZlibBothWays: what others compress is read, what is compressed others read, again and again from the pools; and a reader
// that met rubbish is none the worse.
func TestP12_ZlibBothWays(t *testing.T) {
	t.Parallel()
	c := encoding.GetCompressor(deflate.Name)
	if c == nil || c.Name() != "deflate" {
		t.Fatalf("registered is %v", c)
	}
	for i := range 4 {
		want := strings.Repeat("tensor", i*1000)
		var theirs, ours bytes.Buffer
		z := zlib.NewWriter(&theirs)
		_, _ = io.WriteString(z, want)
		_ = z.Close()
		if got, err := decompress(t, c, theirs.String()); err != nil || got != want {
			t.Errorf("read %d bytes of %d: %v", len(got), len(want), err)
		}
		w, err := c.Compress(&ours)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(w, want)
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		r, err := zlib.NewReader(&ours)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r); err != nil || string(got) != want {
			t.Errorf("wrote %d bytes of %d: %v", len(got), len(want), err)
		}
		for _, bad := range []string{"", "x", "rubbish", theirs.String()[:theirs.Len()-1]} {
			if _, err := decompress(t, c, bad); err == nil {
				t.Errorf("%q was read", bad)
			}
		}
	}
}
