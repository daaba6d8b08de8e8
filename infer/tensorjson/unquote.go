package tensorjson

import (
	"unicode/utf16"
	"unicode/utf8"
)

// appendString moves past the string at the present place and appends what it says: valid UTF-8.
func (s *scanner) appendString(dst []byte) ([]byte, error) {
	if s.peek() != '"' {
		return dst, s.syntaxError("a string")
	}
	s.at++
	for {
		from := s.at
		s.plain()
		run := s.text[from:s.at]
		if !utf8.Valid(run) {
			return dst, badJSON("the string at byte %d is not UTF-8", s.place()-len(run)-1)
		}
		dst = append(dst, run...)
		switch s.peek() {
		case '"':
			s.at++
			return dst, nil
		case '\\':
			r, err := s.escape()
			if err != nil {
				return dst, err
			}
			dst = utf8.AppendRune(dst, r)
		default:
			return dst, s.unterminated()
		}
	}
}

// plain moves to the next quote, backslash or control character.
func (s *scanner) plain() {
	for s.plainHere(); s.at == len(s.text) && s.extend(); {
		s.plainHere()
	}
}

// plainHere is plain within the text that is there.
func (s *scanner) plainHere() {
	for s.at+8 <= len(s.text) {
		n := plainLength(load8(s.text, s.at))
		s.at += n
		if n < 8 {
			return
		}
	}
	for s.at < len(s.text) && s.text[s.at] >= ' ' && s.text[s.at] != '"' && s.text[s.at] != '\\' {
		s.at++
	}
}

func (s *scanner) unterminated() error {
	if s.at < len(s.text) {
		return badJSON("control character %#02x at byte %d in a string; write it as \\u%04x", s.text[s.at], s.place(), s.text[s.at])
	}
	return badJSON("the JSON ends inside a string")
}

// escape moves past a backslash and what it introduces.
func (s *scanner) escape() (rune, error) {
	s.at++
	c := s.peek()
	s.at++
	switch c {
	case '"', '\\', '/':
		return rune(c), nil
	case 'b':
		return '\b', nil
	case 'f':
		return '\f', nil
	case 'n':
		return '\n', nil
	case 'r':
		return '\r', nil
	case 't':
		return '\t', nil
	case 'u':
		return s.unicodeEscape()
	}
	return 0, badJSON("invalid escape at byte %d in a string", s.place()-2)
}

// unicodeEscape moves past the four digits behind \u, and past a second escape when they are half of a pair.
func (s *scanner) unicodeEscape() (rune, error) {
	from := s.place() - 2
	r, ok := s.fourHexDigits()
	if !ok {
		return 0, badJSON("invalid escape at byte %d in a string; \\u takes four hexadecimal digits", from)
	}
	if !utf16.IsSurrogate(r) {
		return r, nil
	}
	if s.literal(`\u`) {
		if low, ok := s.fourHexDigits(); ok {
			if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
				return r, nil
			}
		}
	}
	return 0, badJSON("lone surrogate at byte %d in a string; a pair of \\u escapes makes one character", from)
}

func (s *scanner) fourHexDigits() (rune, bool) {
	s.reach(4)
	if s.at+4 > len(s.text) {
		return 0, false
	}
	var r rune
	for _, c := range s.text[s.at : s.at+4] {
		switch {
		case isDigit(c):
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = (c | 0x20) - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	s.at += 4
	return r, true
}
