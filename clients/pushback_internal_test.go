package clients

import (
	"testing"
	"time"

	"google.golang.org/grpc/metadata"
)

// TestPushbackOfATrailer follows gRFC A6: what cannot be read means that the call is not made again.
func TestPushbackOfATrailer(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		values []string
		wait   time.Duration
		said   bool
	}{
		{nil, 0, false},
		{[]string{"0"}, 0, true},
		{[]string{"150"}, 150 * time.Millisecond, true},
		{[]string{"600001"}, MaxPushback, true},
		{[]string{"9223372036854775807"}, MaxPushback, true},
		{[]string{"99999999999999999999"}, MaxPushback, true},
		{[]string{"-1"}, -1, true},
		{[]string{"-99999999999999999999"}, -1, true},
		{[]string{""}, -1, true},
		{[]string{"soon"}, -1, true},
		{[]string{"1.5"}, -1, true},
		{[]string{"5", "5"}, -1, true},
	} {
		wait, said := pushbackOf(metadata.MD{pushbackTrailer: test.values})
		if wait != test.wait || said != test.said {
			t.Errorf("%q: %s, %v, want %s, %v", test.values, wait, said, test.wait, test.said)
		}
	}
}

func FuzzPushback(f *testing.F) {
	for _, seed := range []string{"0", "150", "-1", "", "1e3", "0x10", "99999999999999999999", " 5"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		wait, said := pushbackOf(metadata.Pairs(pushbackTrailer, text))
		if !said || wait < -1 || wait > MaxPushback || wait%time.Millisecond != 0 && wait != -1 {
			t.Errorf("%q: %s, %v", text, wait, said)
		}
	})
}
