package tensorjson

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
)

// lengthSize is the little-endian length in front of each BYTES element.
const lengthSize = 4

// strings reads BYTES elements.
func (e *elements) strings() error {
	for {
		if e.peek() != '"' {
			return e.badElement()
		}
		if e.count == e.most {
			return e.tooMany()
		}
		if err := e.string(); err != nil {
			return err
		}
		e.count++
		if !e.next() {
			return nil
		}
	}
}

func (e *elements) string() error {
	if !e.base64 && e.plainString() {
		return nil
	}
	start := len(e.raw)
	e.raw = append(e.raw, make([]byte, lengthSize)...)
	raw, err := e.appendText(e.raw)
	if err != nil {
		return fmt.Errorf("element %d: %w", e.count, err)
	}
	return e.keep(raw, start)
}

// keep makes raw the elements so far; the last one begins at start, with room for its length.
func (e *elements) keep(raw []byte, start int) error {
	size := len(raw) - start - lengthSize
	if uint64(size) > math.MaxUint32 {
		return fmt.Errorf("element %d is longer than 4 GiB", e.count)
	}
	binary.LittleEndian.PutUint32(raw[start:], uint32(size))
	e.raw, e.filled = raw, len(raw)
	return nil
}

// appendText appends one string, decoded from base64 when that is what the tensor holds.
func (e *elements) appendText(dst []byte) ([]byte, error) {
	if !e.base64 {
		return e.appendString(dst)
	}
	text, err := e.stringBytes()
	if err != nil {
		return dst, err
	}
	raw, err := base64.StdEncoding.AppendDecode(dst, text)
	if err != nil {
		return dst, fmt.Errorf("it is not base64, which its parameter content_type announces: %w", err)
	}
	return raw, nil
}

// reserve makes room for all strings of an array whose text has that many bytes: each takes two quotes and a comma of its own.
func (e *elements) reserve(text int) {
	e.raw = slices.Grow(e.raw, text+lengthSize*min(e.most, text/3+1))
}
