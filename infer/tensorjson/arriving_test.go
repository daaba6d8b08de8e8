package tensorjson_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/tensorjson"
)

// smallWindow makes a window move often.
const smallWindow = 4 << 10

// sameArriving checks that a body which comes in pieces is what it is as a whole, or is refused in the same words.
func sameArriving(t interface {
	Helper()
	Fatalf(format string, args ...any)
}, body []byte, o tensorjson.Options,
) {
	t.Helper()
	whole, form, err := tensorjson.DecodeFramed(body, nil, o)
	for name, reader := range map[string]io.Reader{
		"as asked for": bytes.NewReader(body), "by bytes": iotest.OneByteReader(bytes.NewReader(body)),
		"with the end": iotest.DataErrReader(iotest.HalfReader(bytes.NewReader(body))),
	} {
		arrived, arrivedForm, arrivedErr := tensorjson.DecodeArriving(tensorjson.Arriving{Reader: reader, Window: make([]byte, smallWindow)}, o)
		if fmt.Sprint(arrivedErr) != fmt.Sprint(err) || errors.Is(arrivedErr, tensorjson.ErrJSON) != errors.Is(err, tensorjson.ErrJSON) {
			t.Fatalf("%s:\n%v\nas a whole:\n%v\nbody %.300q", name, arrivedErr, err, body)
		}
		if err == nil {
			if !bytes.Equal(arrived.Marshal().Materialize(), whole.Marshal().Materialize()) || !cmp.Equal(arrivedForm, form) {
				t.Fatalf("%s it is another message; body %.300q", name, body)
			}
			arrived.Free()
		}
	}
	if err == nil {
		whole.Free()
	}
}

// bigBody is one of several windows, with what decoders stumble over at the end of one: nesting, white space, long numbers, numbers that end
// in their middle, strings, several tensors, data in front of their shape.
func bigBody(t *rapid.T) []byte {
	seed := rapid.Uint64().Draw(t, "seed")
	random := rand.New(rand.NewPCG(seed, 1))
	var b strings.Builder
	b.WriteString(strings.Repeat(" ", random.IntN(3)) + `{"id":"` + strings.Repeat("i", random.IntN(3000)) + `","x":[1,{"y":"\u00e9\\"}],"inputs":[`)
	for i := range 1 + random.IntN(3) {
		if i > 0 {
			b.WriteString(", ")
		}
		writeTensor(&b, random, i)
	}
	b.WriteString(`],"parameters":{"p":"` + strings.Repeat(`\n`, random.IntN(3000)) + `","q":1.5e3},"outputs":[{"name":"y"}]}` + strings.Repeat("\n", random.IntN(3)))
	return []byte(b.String())
}

func writeTensor(b *strings.Builder, random *rand.Rand, i int) {
	types := []infer.DataType{infer.FP32, infer.FP64, infer.Int64, infer.Uint8, infer.Bool, infer.Bytes}
	d := types[random.IntN(len(types))]
	n := random.IntN(4000)
	head := fmt.Sprintf(`"name":"x%d", "shape":[%d],"datatype":"%s"`, i, n, d)
	data := make([]string, n)
	for j := range data {
		data[j] = element(random, d)
	}
	text := `"data":[` + strings.Join(data, []string{",", ", ", " ,\n  "}[random.IntN(3)]) + `]`
	if random.IntN(4) == 0 {
		b.WriteString("{" + text + "," + head + "}")
		return
	}
	b.WriteString("{" + head + "," + text + "}")
}

func element(random *rand.Rand, d infer.DataType) string {
	switch d {
	case infer.FP32, infer.FP64:
		return []string{fmt.Sprint(random.Float32()), fmt.Sprint(random.NormFloat64()), "NaN", "-Infinity", "1e-3", "0." + strings.Repeat("3", random.IntN(60))}[random.IntN(6)]
	case infer.Int64:
		return strconv.FormatInt(random.Int64()-1<<62, 10)
	case infer.Uint8:
		return strconv.Itoa(random.IntN(256))
	case infer.Bool:
		return strconv.FormatBool(random.IntN(2) == 0)
	default:
		return []string{`"plain"`, `"\u00e9\""`, `"é"`, `""`}[random.IntN(4)]
	}
}

func TestArrivingBodiesAreReadAsWholeOnes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		body := bigBody(t)
		if rapid.Bool().Draw(t, "spoilt") {
			body[rapid.IntRange(0, len(body)-1).Draw(t, "at")] = byte(rapid.IntRange(0, 255).Draw(t, "byte"))
		}
		if rapid.Bool().Draw(t, "cut") {
			body = body[:rapid.IntRange(0, len(body)).Draw(t, "to")]
		}
		sameArriving(t, body, tensorjson.Options{})
	})
}

// floats is a body of n FP32.
func floats(n int) string {
	return fmt.Sprintf(`{"inputs":[{"name":"x","shape":[%d],"datatype":"FP32","data":[`, n) + strings.Repeat("0.12345678,", n-1) + `1]}]}`
}

func TestAnArrivingBodyIsHeldAsItsTensorAndAWindow(t *testing.T) {
	t.Parallel()
	const n = 1 << 20
	most := 0
	req, _, err := tensorjson.DecodeArriving(tensorjson.Arriving{
		Reader: strings.NewReader(floats(n)), Window: make([]byte, smallWindow),
		Reserve: func(held int) error { most = max(most, held); return nil },
	}, tensorjson.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer req.Free()
	if limit := 4*n + 4*n/2 + 2*smallWindow; most > limit || most < 4*n {
		t.Errorf("%d bytes were held for %d of data", most, 4*n)
	}
}

func TestAnArrivingBodyMayBeRefusedRoom(t *testing.T) {
	t.Parallel()
	full := errors.New("no room")
	_, _, err := tensorjson.DecodeArriving(tensorjson.Arriving{
		Reader: strings.NewReader(floats(1 << 20)), Window: make([]byte, smallWindow),
		Reserve: func(held int) error {
			if held > 1<<20 {
				return full
			}
			return nil
		},
	}, tensorjson.Options{})
	if !errors.Is(err, full) {
		t.Errorf("%v, want the refusal", err)
	}
}

func TestAnArrivingBodyThatBreaksOffSaysWhy(t *testing.T) {
	t.Parallel()
	lost := errors.New("connection lost")
	for _, at := range []int{0, 10, 60, 5000, 1 << 20} {
		reader := io.MultiReader(strings.NewReader(floats(1 << 20)[:at]), iotest.ErrReader(lost))
		_, _, err := tensorjson.DecodeArriving(tensorjson.Arriving{Reader: reader, Window: make([]byte, smallWindow)}, tensorjson.Options{})
		if !errors.Is(err, lost) {
			t.Errorf("after %d bytes: %v", at, err)
		}
	}
}
