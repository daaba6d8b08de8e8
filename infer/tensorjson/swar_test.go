package tensorjson

import (
	"strconv"
	"testing"
)

// Each byte stands at each place behind digits, with bytes behind it that carry.
func TestLeadingDigitsStopAtEveryOtherByte(t *testing.T) {
	t.Parallel()
	for at := range 8 {
		for c := range 256 {
			text := []byte("98765432")
			for i := at; i < len(text); i++ {
				text[i] = byte(c)
			}
			want := at
			if isDigit(byte(c)) {
				want = 8
			}
			value, _ := strconv.ParseUint(string(text[:want]), 10, 64)
			if n, got := leadingDigits(load8(text, 0)); n != want || got != value {
				t.Errorf("%q: got %d digits, %d; want %d, %d", text, n, got, want, value)
			}
		}
	}
}

func TestPlainLengthStopsAtEveryByteThatNeedsCare(t *testing.T) {
	t.Parallel()
	for at := range 8 {
		for c := range 256 {
			text := []byte("\x80 ~#![]\xff")
			text[at] = byte(c)
			want := 8
			if c < ' ' || c == '"' || c == '\\' {
				want = at
			}
			if n := plainLength(load8(text, 0)); n != want {
				t.Errorf("%q: got %d plain bytes, want %d", text, n, want)
			}
		}
	}
}

func TestLoad8EndsInZeros(t *testing.T) {
	t.Parallel()
	text := []byte("12345678")
	for at, want := range map[int]uint64{0: 0x3837363534333231, 6: 0x3837, 8: 0, 9: 0} {
		if got := load8(text, at); got != want {
			t.Errorf("at %d: got %x, want %x", at, got, want)
		}
	}
}
