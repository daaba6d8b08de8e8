package rogue

import (
	"context"
	"net/http"
	"strings"
	"time"
)

const (
	// chunk is what an endless answer is written in.
	chunk = 64 << 10
	// dropEvery is how often a dripping answer drips, if that is a byte at least.
	dropEvery = 20 * time.Millisecond
	// valueSize is that of a trailer of many.
	valueSize = 8 << 10
)

// page is what proxies say when the server behind them does not.
const page = "<html><head><title>502 Bad Gateway</title></head><body>502 Bad Gateway</body></html>\n"

// write writes an answer as the lot says. An error says that the caller has gone away.
func (l lot) write(ctx context.Context, w http.ResponseWriter, answer []byte) (cut bool, err error) {
	if l.cut {
		answer = answer[:len(answer)/2]
	}
	if l.drip {
		err = drip(ctx, w, answer, l.ordered.Drip.BytesPerSecond)
	} else {
		_, err = w.Write(answer)
	}
	if err == nil && l.cut {
		err = http.NewResponseController(w).Flush()
	}
	return l.cut && err == nil, err
}

// drip writes as many bytes a second, each time that there is one.
func drip(ctx context.Context, w http.ResponseWriter, answer []byte, perSecond int) error {
	every, size := dropEvery, perSecond/int(time.Second/dropEvery)
	if size == 0 {
		every, size = time.Second/time.Duration(perSecond), 1
	}
	for len(answer) > 0 {
		if !pause(ctx, every) {
			return ctx.Err()
		}
		n := min(size, len(answer))
		if _, err := w.Write(answer[:n]); err != nil {
			return err
		}
		if err := http.NewResponseController(w).Flush(); err != nil {
			return err
		}
		answer = answer[n:]
	}
	return nil
}

// pour writes until the caller goes away.
func pour(ctx context.Context, w http.ResponseWriter) error {
	bytes := make([]byte, chunk)
	for ctx.Err() == nil {
		if _, err := w.Write(bytes); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// padding is n bytes of metadata; add is told each value.
func padding(n int, add func(value string)) {
	for ; n > 0; n -= valueSize {
		add(strings.Repeat("x", min(n, valueSize)))
	}
}
