package infercmd

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/manifold-serving/manifold/infer"
)

func TestFill(t *testing.T) {
	t.Parallel()
	tests := []struct {
		pattern infer.Shape
		n       int
		want    infer.Shape // nil: it does not fit
	}{
		{infer.Shape{-1, 4}, 8, infer.Shape{2, 4}},
		{infer.Shape{-1, 4}, 0, infer.Shape{0, 4}},
		{infer.Shape{-1, 4}, 6, nil},
		{infer.Shape{-1, -1}, 5, infer.Shape{1, 5}}, // a batch of one sequence
		{infer.Shape{-1, 3, -1}, 6, infer.Shape{1, 3, 2}},
		{infer.Shape{2, 2}, 4, infer.Shape{2, 2}},
		{infer.Shape{2, 2}, 5, nil},
		{infer.Shape{}, 1, infer.Shape{}}, // a scalar
		{infer.Shape{}, 2, nil},
		{infer.Shape{-1, 0}, 0, infer.Shape{1, 0}},
		{infer.Shape{-1, 0}, 1, nil},
		{infer.Shape{1 << 40, 1 << 40}, 1, nil}, // overflows
	}
	for _, test := range tests {
		got, ok := fill(test.pattern, test.n)
		if ok != (test.want != nil) || ok && !cmp.Equal(got, test.want) {
			t.Errorf("%d values in %v: %v %v, want %v", test.n, test.pattern, got, ok, test.want)
		}
	}
}

func TestFillKeepsThePatternAndTheNumber(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		pattern := infer.Shape(rapid.SliceOfN(rapid.Int64Range(-1, 5), 0, 5).Draw(t, "pattern"))
		n := rapid.IntRange(0, 200).Draw(t, "n")
		shape, ok := fill(pattern, n)
		if !ok {
			return
		}
		if elements, _ := shape.Elements(); elements != n || !shape.Matches(pattern) {
			t.Fatalf("%d values in %v: %v", n, pattern, shape)
		}
	})
}

func TestMeasureRefusesWhatIsNotRectangular(t *testing.T) {
	t.Parallel()
	for _, ragged := range [][]any{
		{[]any{1}, []any{1, 2}},
		{[]any{1}, 2},
		{1, []any{}},
		{[]any{[]any{}}, []any{}},
	} {
		if shape, err := measure(ragged); err == nil {
			t.Errorf("%v has shape %v", ragged, shape)
		}
	}
}

func TestHalf(t *testing.T) {
	t.Parallel()
	for f, want := range map[float32]uint16{
		0:                                0x0000,
		1:                                0x3c00,
		-2:                               0xc000,
		0.1:                              0x2e66,
		65504:                            0x7bff, // the largest
		65519:                            0x7bff,
		65520:                            0x7c00,
		1.0 / (1 << 14):                  0x0400, // the smallest normal one
		1.0 / (1 << 24):                  0x0001, // the smallest
		1.0 / (1 << 25):                  0x0000, // a tie, to even
		3.0 / (1 << 25):                  0x0002, // a tie, to even
		1 + 1.0/(1<<11):                  0x3c00, // a tie, to even
		1 + 3.0/(1<<11):                  0x3c02, // a tie, to even
		2 - 1.0/(1<<12):                  0x4000, // up to the next power
		1.0/(1<<14) - 1.0/(1<<26):        0x0400, // from subnormal to normal
		float32(math.Inf(-1)):            0xfc00,
		math.MaxFloat32:                  0x7c00,
		math.SmallestNonzeroFloat32:      0x0000,
		float32(math.Ldexp(1023.5, -24)): 0x0400,
	} {
		if got := half(f); got != want {
			t.Errorf("%v is %#04x, want %#04x", f, got, want)
		}
	}
	if got := half(float32(math.NaN())); got&0x7c00 != 0x7c00 || got&0x3ff == 0 {
		t.Errorf("NaN is %#04x", got)
	}
}

// Every half is a float that becomes the same half again.
func TestHalfOfEveryHalf(t *testing.T) {
	t.Parallel()
	for bits := range uint32(1 << 16) {
		exponent, mantissa := int(bits>>10&0x1f), float64(bits&0x3ff)
		value := math.Ldexp(mantissa, -24)
		switch {
		case exponent == 0x1f:
			continue
		case exponent > 0:
			value = math.Ldexp(1024+mantissa, exponent-25)
		}
		if bits&0x8000 != 0 {
			value = -value
			if value == 0 {
				value = math.Copysign(0, -1)
			}
		}
		if got := half(float32(value)); uint32(got) != bits {
			t.Fatalf("%v is %#04x, want %#04x", value, got, bits)
		}
	}
}

func TestBrain(t *testing.T) {
	t.Parallel()
	for f, want := range map[float32]uint16{
		0:                    0x0000,
		1:                    0x3f80,
		-2:                   0xc000,
		1 + 1.0/(1<<8):       0x3f80, // a tie, to even
		1 + 3.0/(1<<8):       0x3f82, // a tie, to even
		math.MaxFloat32:      0x7f80,
		float32(math.Inf(1)): 0x7f80,
	} {
		if got := brain(f); got != want {
			t.Errorf("%v is %#04x, want %#04x", f, got, want)
		}
	}
	if got := brain(math.Float32frombits(0x7f800001)); got&0x7f80 != 0x7f80 || got&0x7f == 0 {
		t.Errorf("NaN is %#04x", got)
	}
}

func TestNarrow(t *testing.T) {
	t.Parallel()
	raw := infer.RawOf(1, float32(math.Inf(1)))
	for datatype, want := range map[infer.DataType][]uint16{infer.FP16: {0x3c00, 0x7c00}, infer.BF16: {0x3f80, 0x7f80}} {
		got, err := narrow("x", datatype, raw)
		if err != nil || binary.LittleEndian.Uint16(got) != want[0] || binary.LittleEndian.Uint16(got[2:]) != want[1] || len(got) != 4 {
			t.Errorf("%s: %x %v", datatype, got, err)
		}
	}
	if got, err := narrow("x", infer.BF16, infer.RawOf[float32](math.MaxFloat32)); err == nil {
		t.Errorf("the largest FP32 is %x", got)
	}
}
