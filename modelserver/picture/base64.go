package picture

import (
	"bytes"
	"encoding/base64"
)

// unwrap returns the bytes of a picture and their format, decoded if they came as base64 text. It looks at the first bytes
// before it decodes the rest. The format is nil when data are no picture.
func unwrap(data []byte) ([]byte, *format) {
	if f := formatOf(data); f != nil {
		return data, f
	}
	text := dropDataURL(data)
	if formatOf(fromBase64(text[:min(len(text), 4*longestMagic)])) == nil {
		return data, nil
	}
	if decoded := fromBase64(text); decoded != nil {
		return decoded, formatOf(decoded)
	}
	return data, nil
}

// dropDataURL cuts a prefix like data:image/png;base64, off.
func dropDataURL(text []byte) []byte {
	const longestPrefix = 100
	if !bytes.HasPrefix(text, []byte("data:")) {
		return text
	}
	if comma := bytes.IndexByte(text[:min(len(text), longestPrefix)], ','); comma >= 0 {
		return text[comma+1:]
	}
	return text
}

// fromBase64 decodes text, or returns nil. Bits that a last, incomplete group of digits leaves over do not count, so a text may
// be cut anywhere.
func fromBase64(text []byte) []byte {
	digits := make([]byte, 0, len(text))
	for _, c := range text {
		switch c {
		case '\r', '\n', '\t', ' ', '=':
		case '-':
			digits = append(digits, '+')
		case '_':
			digits = append(digits, '/')
		default:
			digits = append(digits, c)
		}
	}
	if len(digits)%4 == 1 {
		digits = digits[:len(digits)-1]
	}
	n, err := base64.RawStdEncoding.Decode(digits, digits)
	if err != nil {
		return nil
	}
	return digits[:n]
}
