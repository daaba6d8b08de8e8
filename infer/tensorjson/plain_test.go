package tensorjson

import "testing"

// Each byte stands at each place of strings of each length, with other text behind them.
func TestPlainTextLooksAtEveryByte(t *testing.T) {
	t.Parallel()
	for size := range 20 {
		for at := range size {
			for c := range 256 {
				text := []byte("abcdefghijklmnopqrstuvwxyz\"\\\x01\xff")
				text[at] = byte(c)
				want := c >= ' ' && c < 0x80 && c != '\\'
				if c != '"' && plainText(text, size) != want {
					t.Fatalf("%q of %d: got %v, want %v", text, size, !want, want)
				}
			}
		}
		text := []byte("abcdefghijklmnopqrstuvwxyz")
		if text[size] = '\\'; !plainText(text, size) {
			t.Errorf("%q of %d: what follows was looked at", text, size)
		}
	}
}
