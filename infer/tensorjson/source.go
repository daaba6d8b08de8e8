package tensorjson

import (
	"errors"
	"io"
)

// source is the rest of a text that comes while it is read. A scanner has it, and what has come of it: a window that moves along.
type source struct {
	reader  io.Reader
	reserve func(bytes int) error // asked before so much is held, of text and of data; nil: anything goes
	err     error                 // that ended it: io.EOF, or a fault
	data    int                   // bytes held beside the window
}

// ended reports whether all has come that will.
func (s *source) ended() bool { return s == nil || s.err != nil }

// fault is why the text did not come to its end; nil when it did.
func (s *source) fault() error {
	if s == nil || errors.Is(s.err, io.EOF) {
		return nil
	}
	return s.err
}

// more reads behind text, in a larger buffer when its own is full; false when nothing more comes. What refers to text stays as it is.
func (s *source) more(text []byte) ([]byte, bool) {
	if s.ended() {
		return text, false
	}
	if len(text) == cap(text) {
		if s.err = s.hold(2*cap(text), s.data); s.err != nil {
			return text, false
		}
		larger := make([]byte, len(text), 2*cap(text))
		copy(larger, text)
		text = larger
	}
	n := 0
	for n == 0 && s.err == nil {
		n, s.err = s.reader.Read(text[len(text):cap(text)])
	}
	return text[:len(text)+n], n > 0
}

// hold accounts for a window and data of that many bytes.
func (s *source) hold(window, data int) error {
	s.data = data
	if s.reserve == nil {
		return nil
	}
	return s.reserve(window + data)
}

// extend reads on at the end of the text; false at the end of all. Places in the text stay what they are.
func (s *scanner) extend() bool {
	if s.source.ended() {
		return false
	}
	var more bool
	s.text, more = s.source.more(s.text)
	return more
}

// reach has n bytes from the present place on in the text, unless it ends before.
func (s *scanner) reach(n int) {
	for len(s.text)-s.at < n && s.extend() {
	}
}

// longestElement is more than the text of a number that is not refused for its length, and of what follows it.
const longestElement = maxNumber + 64

// advance is reach for the next element of an array, and lets go of what lies before the present place.
func (s *scanner) advance() {
	if len(s.text)-s.at >= longestElement || s.source.ended() {
		return
	}
	left := copy(s.text, s.text[s.at:])
	s.past += s.at
	s.text, s.at = s.text[:left], 0
	s.reach(longestElement)
}

// place is the present place in the whole text.
func (s *scanner) place() int { return s.past + s.at }
