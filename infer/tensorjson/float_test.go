package tensorjson

import (
	"bytes"
	"math"
	"math/rand/v2"
	"strconv"
	"sync/atomic"
	"testing"
)

// strconvFloat is what a float has to be written as, by strconv; but for negative zero, which has a point.
func strconvFloat(dst []byte, f float64, width int) []byte {
	if f == 0 && math.Signbit(f) {
		return append(dst, "-0.0"...)
	}
	magnitude := math.Abs(f)
	if width == 32 {
		magnitude = float64(float32(magnitude))
	}
	lowest := 1e-6
	if width == 32 {
		lowest = float64(float32(1e-6))
	}
	if magnitude == 0 || magnitude >= lowest && magnitude < float64(1e21) {
		return strconv.AppendFloat(dst, f, 'f', -1, width)
	}
	dst = strconv.AppendFloat(dst, f, 'e', -1, width)
	if n := len(dst); dst[n-4] == 'e' && dst[n-3] == '-' && dst[n-2] == '0' { // e-07 is e-7
		dst = append(dst[:n-2], dst[n-1])
	}
	return dst
}

// comparison writes floats in both ways into buffers of its own.
type comparison struct {
	*testing.T
	got, want []byte
}

func (c *comparison) float32(b uint32) bool {
	f := math.Float32frombits(b)
	if b<<1 >= 0xff<<24 {
		return true
	}
	c.got, c.want = appendFloat32(c.got[:0], f), strconvFloat(c.want[:0], float64(f), 32)
	if !bytes.Equal(c.got, c.want) {
		c.Errorf("%08x: got %s, want %s", b, c.got, c.want)
		return false
	}
	return true
}

func (c *comparison) float64(b uint64) bool {
	f := math.Float64frombits(b)
	if b<<1 >= 0x7ff<<53 {
		return true
	}
	c.got, c.want = appendFloat64(c.got[:0], f), strconvFloat(c.want[:0], f, 64)
	if !bytes.Equal(c.got, c.want) {
		c.Errorf("%016x: got %s, want %s", b, c.got, c.want)
		return false
	}
	return true
}

// eachRandom calls check from several goroutines until it has been called n times or is false.
func eachRandom(t *testing.T, n int, check func(c *comparison, random *rand.Rand) bool) {
	t.Helper()
	eachWorker(func(worker, workers int) {
		c, random := comparison{T: t}, rand.New(rand.NewPCG(uint64(worker), 20261123))
		for range n / workers {
			if !check(&c, random) {
				return
			}
		}
	})
}

// What is hard to write: the bits as they come, small and large numbers, few decimals, whole numbers, neighbours of powers of
// two and ten, and numbers of few bits.
func TestFloat32WritesAsStrconv(t *testing.T) {
	t.Parallel()
	eachRandom(t, floatTexts, func(c *comparison, random *rand.Rand) bool {
		b := random.Uint32()
		switch random.IntN(8) {
		case 0:
			b = math.Float32bits(float32(random.NormFloat64()))
		case 1:
			b = math.Float32bits(float32(random.IntN(2e9)-1e9) / float32(tensUpTo[random.IntN(11)]))
		case 2:
			b = math.Float32bits(float32(random.Int64() >> random.IntN(64)))
		case 3:
			b = math.Float32bits(float32(math.Pow10(random.IntN(84)-45))) + uint32(random.IntN(9)) - 4
		case 4:
			b &= math.MaxUint32 << random.IntN(24)
		}
		return c.float32(b)
	})
}

func TestFloat32WritesEveryExponent(t *testing.T) {
	t.Parallel()
	c := comparison{T: t}
	for exponent := range uint32(255) {
		for low := range uint32(2048) {
			if !c.float32(exponent<<23+low) || !c.float32(exponent<<23-low&0x7fffff|1<<31) || !c.float32(exponent<<23|1<<22+low) {
				return
			}
		}
	}
}

func TestFloat64WritesAsStrconv(t *testing.T) {
	t.Parallel()
	eachRandom(t, floatTexts/5, func(c *comparison, random *rand.Rand) bool {
		b := random.Uint64()
		switch random.IntN(8) {
		case 0:
			b = math.Float64bits(random.NormFloat64())
		case 1:
			b = math.Float64bits(float64(random.Int64()>>random.IntN(64)) / float64(tensUpTo[random.IntN(20)]))
		case 2:
			b = math.Float64bits(float64(random.Int64() >> random.IntN(64)))
		case 3:
			b = math.Float64bits(math.Pow10(random.IntN(632)-323)) + uint64(random.IntN(9)) - 4
		case 4:
			b &= math.MaxUint64 << random.IntN(53)
		case 5:
			b = math.Float64bits(float64(math.Float32frombits(uint32(b))))
		}
		return c.float64(b)
	})
}

func TestFloat64WritesEveryExponent(t *testing.T) {
	t.Parallel()
	c := comparison{T: t}
	for exponent := range uint64(2047) {
		for low := range uint64(128) {
			if !c.float64(exponent<<52+low) || !c.float64(exponent<<52-low&(1<<52-1)|1<<63) || !c.float64(exponent<<52|1<<51+low) {
				return
			}
		}
	}
}

// A buffer that has no room left is left alone.
func TestFloatsKeepWhatIsThere(t *testing.T) {
	t.Parallel()
	for _, f := range []float64{0, -1, 0.1, -123.456, 1e-7, 1e300, math.MaxInt64, 1.0 / 3} {
		for room := range 48 {
			dst := make([]byte, 3, 3+room)
			copy(dst, "abc")
			got := appendFloat64(dst, f)
			if want := strconvFloat([]byte("abc"), f, 64); !bytes.Equal(got, want) {
				t.Errorf("%g with room for %d: got %s, want %s", f, room, got, want)
			}
			if got = appendFloat32(dst, float32(min(f, 1e30))); string(got[:3]) != "abc" {
				t.Errorf("%g with room for %d: got %s", f, room, got)
			}
		}
	}
}

// FuzzFormatFloat32 takes the bits of a float32, whose text reads back to them.
func FuzzFormatFloat32(f *testing.F) {
	for _, b := range []uint32{0, 1 << 31, 1, 7, 1<<23 - 1, 1 << 23, 0x3f800000, 0x7f7fffff, 0x4b800000, 0x358637bd, 0x60ad78ec, 0x4c000000} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b uint32) {
		c := comparison{T: t}
		if c.float32(b) && len(c.got) > 0 {
			if d, ok := scanDecimal(c.got, 0); !ok || d.end != len(c.got) {
				t.Fatalf("%08x: %s is not a number", b, c.got)
			} else if back, ok := d.float32(c.got); !ok || math.Float32bits(back) != b {
				t.Fatalf("%08x: %s reads back as %08x", b, c.got, math.Float32bits(back))
			}
		}
	})
}

func TestIntegersWriteAsStrconv(t *testing.T) {
	t.Parallel()
	var failed atomic.Bool
	same := func(v uint64) {
		if got, want := appendRaw(v), strconv.AppendUint(nil, v, 10); !bytes.Equal(got, want) {
			failed.Store(true)
			t.Errorf("got %s, want %s", got, want)
		}
		if got, want := appendInt(nil, int64(v)), strconv.AppendInt(nil, int64(v), 10); !bytes.Equal(got, want) {
			failed.Store(true)
			t.Errorf("got %s, want %s", got, want)
		}
	}
	for e := range tensUpTo {
		for d := range uint64(20) {
			same(tensUpTo[e] + d - 10)
			same(1<<(3*e) + d - 10)
		}
	}
	random := rand.New(rand.NewPCG(5, 6))
	for range floatTexts / 50 {
		if same(random.Uint64() >> random.IntN(64)); failed.Load() {
			return
		}
	}
}

func appendRaw(v uint64) []byte {
	var to [integerRoom]byte
	return to[:putUint(&to, 0, v)]
}

func TestDigitBytes(t *testing.T) {
	t.Parallel()
	check := func(v uint32) {
		var want uint64
		for i, left := 7, v; i >= 0; i, left = i-1, left/10 {
			want |= uint64(left%10) << (8 * i)
		}
		if got := digitBytes(v); got != want {
			t.Fatalf("%d: got %016x, want %016x", v, got, want)
		}
	}
	for v := range uint32(1e4) { // each half on its own
		check(v)
		check(v * 1e4)
		check(v*1e4 + 9999 - v)
	}
}

func TestCountDigits(t *testing.T) {
	t.Parallel()
	for e, power := range tensUpTo {
		for v, want := range map[uint64]int{power: e + 1, power - 1: e} {
			if v > 0 && countDigits(v) != want {
				t.Errorf("%d: got %d digits, want %d", v, countDigits(v), want)
			}
			if v > 0 && v < 1e9 && countDigits32(v) != want {
				t.Errorf("%d: got %d digits, want %d", v, countDigits32(v), want)
			}
		}
	}
	if n := countDigits(math.MaxUint64); n != 20 {
		t.Errorf("got %d digits, want 20", n)
	}
}
