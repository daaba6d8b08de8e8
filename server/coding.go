package server

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/infer"
)

// The content codings. HTTP's deflate is zlib's format, not the bare one. Source: RFC 9110, 8.4.1.
const (
	identity    = "identity"
	codingGzip  = "gzip"
	codingZlib  = "deflate"
	allCodings  = codingGzip + ", " + codingZlib
	minCompress = 1024 // bytes of a body that is worth it
)

// errCoding marks a body in a coding that is not known.
var errCoding = errors.New("is not served here")

// decoded returns the body without its content coding, at most limit bytes of it, and its length, -1 when that is not known. What
// a small body grows to costs what a large one costs: it is read into memory that is charged as it arrives.
func decoded(r *http.Request, limit int64) (io.Reader, int64, error) {
	switch coding := strings.ToLower(strings.Join(r.Header.Values("Content-Encoding"), ", ")); coding {
	case "", identity:
		return r.Body, r.ContentLength, nil
	case codingGzip, codingZlib:
		inflated := &inflater{source: bufio.NewReader(r.Body)}
		return http.MaxBytesReader(nil, io.NopCloser(inflated), limit), -1, nil
	default:
		return nil, 0, infer.Errorf(codes.Unimplemented, "Content-Encoding %s %w; send gzip, deflate, or the body as it is",
			clip(strconv.Quote(coding), maxName), errCoding)
	}
}

// inflater reads gzip or zlib, whichever it is: Triton tells them by their content too.
type inflater struct {
	source *bufio.Reader
	plain  io.Reader // nil before the first byte
}

// Read implements io.Reader.
func (i *inflater) Read(p []byte) (int, error) {
	if i.plain == nil {
		if err := i.open(); err != nil {
			return 0, err
		}
	}
	return i.plain.Read(p)
}

func (i *inflater) open() error {
	magic, err := i.source.Peek(2)
	if err != nil {
		return unexpected(err)
	}
	if bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		i.plain, err = gzip.NewReader(i.source)
	} else {
		i.plain, err = zlib.NewReader(i.source)
	}
	if err != nil {
		i.plain = nil
		return fmt.Errorf("it is neither gzip nor zlib: %w", unexpected(err))
	}
	return nil
}

// unexpected is err, of a stream that has not begun.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// acceptable is the coding that a client takes best, gzip of two it takes equally; "" when it wants the body as it is.
// Source: RFC 9110, 12.5.3.
func acceptable(h http.Header) string {
	weights := map[string]float64{identity: 0.0005} // taken, and less than all that is named
	for item := range strings.SplitSeq(strings.Join(h.Values("Accept-Encoding"), ","), ",") {
		name, parameter, _ := strings.Cut(item, ";")
		weight := 1.0
		if q, ok := strings.CutPrefix(strings.ReplaceAll(parameter, " ", ""), "q="); ok {
			var err error
			if weight, err = strconv.ParseFloat(q, 64); err != nil {
				weight = 0
			}
		}
		weights[strings.ToLower(strings.TrimSpace(name))] = weight
	}
	best := ""
	most := weights[identity]
	for _, coding := range []string{codingZlib, codingGzip} {
		weight, named := weights[coding]
		if !named {
			weight = weights["*"]
		}
		if weight > 0 && weight >= most {
			best, most = coding, weight
		}
	}
	return best
}

// compressed is the parts of a body in a coding.
func compressed(coding string, parts [][]byte) []byte {
	var out bytes.Buffer
	var w io.WriteCloser
	if coding == codingGzip {
		w, _ = gzip.NewWriterLevel(&out, gzip.BestSpeed)
	} else {
		w, _ = zlib.NewWriterLevel(&out, zlib.BestSpeed)
	}
	for _, part := range parts {
		_, _ = w.Write(part) // memory does not fail
	}
	_ = w.Close()
	return out.Bytes()
}
