package tensorjson

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// textSource makes number texts that are hard to read right.
type textSource struct {
	*rand.Rand
	text []byte
}

// next returns a text that is valid until the next call.
func (s *textSource) next() []byte {
	b := s.Uint32()
	f := math.Float32frombits(b &^ (1 << 30)) // finite
	dst := s.text[:0]
	switch s.IntN(16) {
	case 0, 1, 2:
		dst = strconv.AppendFloat(dst, float64(f), 'g', -1, 32) // shortest
	case 3, 4:
		dst = strconv.AppendFloat(dst, float64(f), 'g', -1, 64) // Python's
	case 5:
		dst = strconv.AppendFloat(dst, float64(f), 'e', 6+s.IntN(12), 64) // a digit too few or too many
	case 6, 7:
		dst = s.nearTie(dst, f)
	case 8:
		dst = s.exactTie(dst, f)
	case 9:
		dst = strconv.AppendFloat(dst, float64(math.Float32frombits(b&0x807fffff)), 'g', 1+s.IntN(20), 64) // denormal
	case 10:
		dst = strconv.AppendInt(dst, int64(s.Uint64()>>s.IntN(64)), 10)
	case 11:
		dst = append(strconv.AppendUint(dst, s.Uint64(), 10), '.') // more than 19 digits
		dst = strconv.AppendUint(dst, s.Uint64()>>s.IntN(64), 10)
	case 12:
		dst = append(dst, "0.000000000000000000000000000"[:2+s.IntN(27)]...) // zeros in front
		dst = strconv.AppendUint(dst, s.Uint64()>>s.IntN(64), 10)
	case 13:
		dst = strconv.AppendFloat(dst, float64(s.IntN(1e9)-5e8)/1e4, 'f', 4, 64) // few decimals
	default:
		dst = s.decimal(dst)
	}
	s.text = dst
	return dst
}

// nearTie is the middle between f and its neighbour, exact in a float64, or a unit of that beside it.
func (s *textSource) nearTie(dst []byte, f float32) []byte {
	middle := (float64(f) + float64(math.Nextafter32(f, math.MaxFloat32))) / 2
	b := math.Float64bits(middle) + uint64(s.IntN(13)) - 6
	return strconv.AppendFloat(dst, math.Float64frombits(b), 'g', -1, 64)
}

// exactTie has all digits of the middle, and one more that decides.
func (s *textSource) exactTie(dst []byte, f float32) []byte {
	f = math.Float32frombits(math.Float32bits(f)&0x807fffff | uint32(100+s.IntN(60))<<23)
	middle := (float64(f) + float64(math.Nextafter32(f, math.MaxFloat32))) / 2
	dst = strconv.AppendFloat(dst, middle, 'f', 30+s.IntN(30), 64)
	return append(dst, "0000000001"[s.IntN(10):]...)
}

// decimal has random digits and exponent.
func (s *textSource) decimal(dst []byte) []byte {
	dst = append(strconv.AppendUint(dst, uint64(s.IntN(10)), 10), '.')
	dst = strconv.AppendUint(dst, s.Uint64()>>s.IntN(64), 10)
	dst = append(dst, "eE"[s.IntN(2)])
	return strconv.AppendInt(dst, int64(s.IntN(110)-60), 10)
}

// eachText calls check with that many texts.
func eachText(n int, check func(text []byte) bool) {
	eachWorker(func(worker, workers int) {
		source := textSource{Rand: rand.New(rand.NewPCG(uint64(worker), 20261122))}
		for range n / workers {
			if !check(source.next()) {
				return
			}
		}
	})
}

// eachWorker runs as many goroutines as make sense.
func eachWorker(run func(worker, workers int)) {
	const workers = 4
	var all sync.WaitGroup
	for worker := range workers {
		all.Go(func() { run(worker, workers) })
	}
	all.Wait()
}

func TestFloat32ReadsAsStrconv(t *testing.T) {
	t.Parallel()
	eachText(floatTexts, func(text []byte) bool { return sameFloat32(t, text) && samePlainFloat32(t, text) })
}

func sameFloat32(t *testing.T, text []byte) bool {
	t.Helper()
	want, err := strconv.ParseFloat(string(text), 32)
	d, isNumber := scanDecimal(text, 0)
	if !isNumber || d.end != len(text) {
		t.Errorf("%s: not a number, or one that ends at %d", text, d.end)
		return false
	}
	got, ok := d.float32(text)
	if ok != (err == nil) || ok && math.Float32bits(got) != math.Float32bits(float32(want)) {
		t.Errorf("%s: got %08x %v, want %08x %v", text, math.Float32bits(got), ok, math.Float32bits(float32(want)), err)
		return false
	}
	return true
}

// samePlainFloat32 compares what is plain; it need not be.
func samePlainFloat32(t *testing.T, text []byte) bool {
	t.Helper()
	var w [window]byte
	if copy(w[:], text) > window-3 {
		return true
	}
	copy(w[len(text):], ",1")
	got, end := plainFloat32(&w)
	if end == 0 || end < len(text) && text[end]|0x20 == 'e' {
		return true
	}
	want, err := strconv.ParseFloat(string(text), 32)
	if err != nil || end != len(text) || got != math.Float32bits(float32(want)) {
		t.Errorf("%s: got %08x up to %d, want %08x %v", text, got, end, math.Float32bits(float32(want)), err)
		return false
	}
	return true
}

func TestFloat64ReadsAsStrconv(t *testing.T) {
	t.Parallel()
	eachText(floatTexts/5, func(text []byte) bool { return sameFloat64(t, text) })
}

func sameFloat64(t *testing.T, text []byte) bool {
	t.Helper()
	want, err := strconv.ParseFloat(string(text), 64)
	d, isNumber := scanDecimal(text, 0)
	if !isNumber || d.end != len(text) {
		t.Errorf("%s: not a number, or one that ends at %d", text, d.end)
		return false
	}
	got, ok := d.float64(text)
	if ok != (err == nil) || ok && math.Float64bits(got) != math.Float64bits(want) {
		t.Errorf("%s: got %x %v, want %x %v", text, math.Float64bits(got), ok, math.Float64bits(want), err)
		return false
	}
	return true
}

// Texts of 15 to 19 digits with any exponent, middles between two FP64 and their neighbours.
func TestNearest64IsStrconvs(t *testing.T) {
	t.Parallel()
	eachWorker(func(worker, workers int) {
		random := rand.New(rand.NewPCG(uint64(worker), 20261124))
		var text []byte
		for range floatTexts / 5 / workers {
			switch random.IntN(3) {
			case 0:
				text = strconv.AppendFloat(text[:0], math.Float64frombits(random.Uint64()&^(1<<62)), 'e', 14+random.IntN(5), 64)
			case 1:
				text = append(strconv.AppendUint(text[:0], random.Uint64()/10, 10), 'e')
				text = strconv.AppendInt(text, int64(random.IntN(700)-370), 10)
			default: // an odd number of 54 bits lies between two of 53
				text = strconv.AppendUint(text[:0], (1<<53|random.Uint64()>>11|1)<<random.IntN(9)+uint64(random.IntN(3))-1, 10)
			}
			if !sameFloat64(t, text) {
				return
			}
		}
	})
}

// FuzzFloat32 compares with encoding/json what a number is, and with strconv which.
func FuzzFloat32(f *testing.F) {
	for _, text := range []string{
		"0", "-0", "0e999", "1", "-1.5e-7", "01", "1.", ".5", "+1", "1e", "1e+", "16777217", "1.00000005960464477539062500000001",
		"3.4028235677973366e38", "3.4028236e38", "1e39", "1e-46", "7.0064923216240854e-46", "9007199254740993", "1e400",
		"0." + strings.Repeat("0", 300) + "1", strings.Repeat("9", 400), "2.2250738585072011e-308", "1E5", "--1", "1.5.5", "1:", "1/2", "12345678:",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var number json.Number
		decoder := json.NewDecoder(strings.NewReader(text))
		isNumber := text != "" && (text[0] == '-' || isDigit(text[0])) && decoder.Decode(&number) == nil && string(number) == text
		d, ok := scanDecimal([]byte(text), 0)
		if whole := ok && d.end == len(text); whole != isNumber {
			t.Fatalf("%q: a number %v, encoding/json says %v", text, whole, isNumber)
		}
		if isNumber && len(text) <= maxNumber {
			sameFloat32(t, []byte(text))
			samePlainFloat32(t, []byte(text))
			sameFloat64(t, []byte(text))
		}
	})
}

func TestFloatsWriteAsEncodingJSON(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	values := []float64{
		0, math.Copysign(0, -1), 1, -1, 0.1, 1e-6, 9.9e-7, 1e-7, 1e20, 1e21, 1 << 24, 1<<24 + 2, 1 << 53, 1<<53 + 2, -1 << 53, 1e15,
		math.MaxFloat32, math.SmallestNonzeroFloat32, math.MaxFloat64, math.SmallestNonzeroFloat64, math.MaxInt64, math.MinInt64,
	}
	for range floatTexts / 50 {
		values = append(values, math.Float64frombits(random.Uint64()), float64(math.Float32frombits(random.Uint32())))
	}
	var text []byte
	for _, f := range values {
		if f32 := float32(f); !math.IsNaN(f) && !math.IsInf(float64(f32), 0) {
			text = appendFloat32(text[:0], f32)
			sameText(t, text, f32)
		}
		if !math.IsNaN(f) && !math.IsInf(f, 0) {
			text = appendFloat64(text[:0], f)
			sameText(t, text, f)
		}
	}
}

// sameText compares with encoding/json, whose text is the shortest that reads back.
func sameText(t *testing.T, text []byte, value any) {
	t.Helper()
	want, err := json.Marshal(value)
	if string(want) == "-0" {
		want = []byte("-0.0") // what reads back as a float everywhere
	}
	if err != nil || !bytes.Equal(text, want) {
		t.Errorf("%T: got %s, want %s %v", value, text, want, err)
	}
}

func TestHalvesAreExact(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		bits uint16
		want float64
	}{
		{0x0000, 0},
		{0x8000, math.Copysign(0, -1)},
		{0x3c00, 1},
		{0xc000, -2},
		{0x7bff, 65504},
		{0x0400, 0x1p-14},
		{0x0001, 0x1p-24},
		{0x83ff, -0x1.ff8p-15},
		{0x7c00, math.Inf(1)},
		{0xfc00, math.Inf(-1)},
		{0x3555, 0.333251953125},
	} {
		if got := float64(halfToFloat(tt.bits)); got != tt.want || math.Signbit(got) != math.Signbit(tt.want) {
			t.Errorf("%04x: got %g, want %g", tt.bits, got, tt.want)
		}
	}
	if got := halfToFloat(0x7e00); !math.IsNaN(float64(got)) {
		t.Errorf("7e00: got %g, want NaN", got)
	}
	if got := brainToFloat(0x3fc0); got != 1.5 {
		t.Errorf("bfloat 3fc0: got %g, want 1.5", got)
	}
}
