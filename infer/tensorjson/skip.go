package tensorjson

import "bytes"

// skip moves past a value of which nothing is wanted but that it is JSON.
func (s *scanner) skip() error {
	switch c := s.peek(); {
	case c == '{':
		return s.object(func([]byte) error { return s.skip() })
	case c == '[':
		return s.array(s.skip)
	case c == '"':
		_, err := s.stringBytes()
		return err
	case s.literal("true"), s.literal("false"), s.literal("null"):
		return nil
	}
	s.reach(longestElement)
	if d, ok := scanDecimal(s.text, s.at); ok {
		s.at = d.end
		return nil
	}
	if _, end, ok := nonFinite(s.text, s.at); ok {
		s.at = end
		return nil
	}
	return s.syntaxError("a value")
}

// null moves past a null, which stands for a key that is not there.
func (s *scanner) null() bool { return s.literal("null") }

// extent moves past an array by its brackets alone, for one that is read later or needs an upper bound of its length.
// What does not balance extends to the end of the text, and fails when it is read.
func (s *scanner) extent() (from, to int) {
	from = s.at
	open := 0
	for s.at < len(s.text) || s.extend() {
		c := s.text[s.at]
		s.at++
		switch c {
		case '[':
			open++
		case ']':
			if open--; open == 0 {
				return from, s.at
			}
		case '"':
			s.pastQuote()
		}
	}
	return from, s.at
}

// pastQuote moves past the quote that ends the string.
func (s *scanner) pastQuote() {
	for {
		n := bytes.IndexByte(s.text[s.at:], '"')
		for n < 0 && s.extend() {
			n = bytes.IndexByte(s.text[s.at:], '"')
		}
		if n < 0 {
			s.at = len(s.text)
			return
		}
		quote := s.at + n
		s.at = quote + 1
		if !escaped(s.text[quote-n : quote]) {
			return
		}
	}
}

// escaped reports whether an odd number of backslashes precedes the end of text.
func escaped(text []byte) bool {
	n := 0
	for n < len(text) && text[len(text)-1-n] == '\\' {
		n++
	}
	return n%2 == 1
}
