package tensorjson

import (
	"bytes"
	"fmt"
)

// maxDepth is how deep arrays and objects may nest. Source: Triton's REST front end.
const maxDepth = 100

// scanner reads JSON text from left to right.
type scanner struct {
	text    []byte
	at      int
	depth   int
	scratch []byte  // the last key that had escapes
	source  *source // of what follows text; nil: nothing does
	past    int     // bytes that were in front of text
}

// syntaxError says what the grammar calls for at the present place.
func (s *scanner) syntaxError(want string) error {
	if s.peek() == 0 && s.at >= len(s.text) {
		return badJSON("the JSON ends at byte %d, where %s should be", s.place(), want)
	}
	return badJSON("invalid JSON at byte %d: %s instead of %s", s.place(), s.token(), want)
}

// maxToken bounds how much of a body an error repeats.
const maxToken = 40

// token shows the text from the present place to the next delimiter.
func (s *scanner) token() string {
	s.reach(2 * maxToken)
	rest := s.text[s.at:]
	if len(rest) == 0 {
		return "missing"
	}
	end := 1
	for end < len(rest) && !delimits(rest[end]) && !delimits(rest[0]) {
		end++
	}
	shown := rest[:min(end, maxToken)]
	for _, c := range shown {
		if c < ' ' || c > '~' {
			return fmt.Sprintf("%q", shown)
		}
	}
	if end > maxToken {
		return string(shown) + "…"
	}
	return string(shown)
}

func delimits(c byte) bool {
	switch c {
	case ',', ':', '[', ']', '{', '}', ' ', '\t', '\n', '\r':
		return true
	}
	return false
}

// space skips white space.
func (s *scanner) space() {
	for {
		for s.at < len(s.text) && isSpace(s.text[s.at]) {
			s.at++
		}
		if s.at < len(s.text) || !s.extend() {
			return
		}
	}
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }

// peek returns the byte at the present place, 0 at the end; a 0 in the text is never valid either.
func (s *scanner) peek() byte {
	if s.at < len(s.text) || s.extend() {
		return s.text[s.at]
	}
	return 0
}

// literal moves past word if it comes next.
func (s *scanner) literal(word string) bool {
	s.reach(len(word))
	if !hasPrefix(s.text[s.at:], word) {
		return false
	}
	s.at += len(word)
	return true
}

func hasPrefix(text []byte, word string) bool {
	return len(text) >= len(word) && string(text[:len(word)]) == word
}

// open moves into an array or object.
func (s *scanner) open(bracket byte, want string) error {
	if s.peek() != bracket {
		return s.syntaxError(want)
	}
	if s.depth == maxDepth {
		return fmt.Errorf("JSON nesting depth exceeds maximum allowed limit (%d); send data flat, in row-major order", maxDepth)
	}
	s.depth++
	s.at++
	s.space()
	return nil
}

// closed moves out of an array or object when its bracket comes next.
func (s *scanner) closed(bracket byte) bool {
	if s.peek() != bracket {
		return false
	}
	s.depth--
	s.at++
	return true
}

// more moves to the next member, and is false behind the last.
func (s *scanner) more(bracket byte) (bool, error) {
	s.space()
	if s.closed(bracket) {
		return false, nil
	}
	if s.peek() != ',' {
		return false, s.syntaxError("',' or '" + string(bracket) + "'")
	}
	s.at++
	s.space()
	return true, nil
}

// object calls each for every member with its key, which is valid until the next; each moves past the value.
func (s *scanner) object(each func(key []byte) error) error {
	if err := s.open('{', "an object"); err != nil {
		return err
	}
	for more := !s.closed('}'); more; {
		key, err := s.key()
		if err != nil {
			return err
		}
		if err = each(key); err != nil {
			return err
		}
		if more, err = s.more('}'); err != nil {
			return err
		}
	}
	return nil
}

// array calls each for every element, which moves past it.
func (s *scanner) array(each func() error) error {
	if err := s.open('[', "an array"); err != nil {
		return err
	}
	for more := !s.closed(']'); more; {
		err := each()
		if err != nil {
			return err
		}
		if more, err = s.more(']'); err != nil {
			return err
		}
	}
	return nil
}

// key moves past a key and its colon.
func (s *scanner) key() ([]byte, error) {
	if s.peek() != '"' {
		return nil, s.syntaxError("a key in double quotes")
	}
	key, err := s.stringBytes()
	if err != nil {
		return nil, err
	}
	s.space()
	if s.peek() != ':' {
		return nil, s.syntaxError("':'")
	}
	s.at++
	s.space()
	return key, nil
}

// stringBytes moves past a string and returns it decoded: part of the text, or scratch when it has escapes.
func (s *scanner) stringBytes() ([]byte, error) {
	from := s.at + 1
	end := bytes.IndexByte(s.text[from:], '"')
	for searched := len(s.text); end < 0 && s.extend(); searched = len(s.text) {
		if end = bytes.IndexByte(s.text[searched:], '"'); end >= 0 {
			end += searched - from
		}
	}
	if end >= 0 && plainASCII(s.text[from:from+end]) {
		s.at = from + end + 1
		return s.text[from : from+end], nil
	}
	var err error
	s.scratch, err = s.appendString(s.scratch[:0])
	return s.scratch, err
}

// plainASCII reports whether a string's text is ASCII without escapes and control characters.
func plainASCII(text []byte) bool {
	for _, c := range text {
		if c < ' ' || c == '\\' || c >= 0x80 {
			return false
		}
	}
	return true
}

// end checks that nothing follows.
func (s *scanner) end() error {
	s.space()
	if s.at < len(s.text) {
		return s.syntaxError("the end of the body")
	}
	return nil
}
