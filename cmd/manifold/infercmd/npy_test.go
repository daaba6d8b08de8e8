package infercmd

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/sbinet/npyio"

	"github.com/manifold-serving/manifold/infer"
)

// npyFile is a file as numpy.save writes it, version 1.
func npyFile(dtype string, fortran bool, shape []int, elements []byte) []byte {
	dims := make([]string, len(shape))
	for n, d := range shape {
		dims[n] = strconv.Itoa(d)
	}
	tuple := strings.Join(dims, ", ")
	if len(shape) == 1 {
		tuple += ","
	}
	order := "False"
	if fortran {
		order = "True"
	}
	header := fmt.Sprintf("{'descr': '%s', 'fortran_order': %s, 'shape': (%s), }", dtype, order, tuple)
	header += strings.Repeat(" ", 63-(10+len(header))%64) + "\n"
	file := append([]byte("\x93NUMPY\x01\x00"), 0, 0)
	binary.LittleEndian.PutUint16(file[8:], uint16(len(header)))
	return append(append(file, header...), elements...)
}

func TestParseNPY(t *testing.T) {
	t.Parallel()
	halves := []byte{0x00, 0x3c, 0x00, 0xc0}
	tests := []struct {
		name  string
		file  []byte
		want  infer.DataType
		shape infer.Shape
		raw   []byte
	}{
		{"bool", npyFile("|b1", false, []int{2}, []byte{1, 0}), infer.Bool, infer.Shape{2}, []byte{1, 0}},
		{"uint8", npyFile("|u1", false, []int{2}, []byte{1, 255}), infer.Uint8, infer.Shape{2}, []byte{1, 255}},
		{"uint16", npyFile("<u2", false, []int{1}, infer.RawOf[uint16](513)), infer.Uint16, infer.Shape{1}, infer.RawOf[uint16](513)},
		{"uint32", npyFile("<u4", false, []int{1}, infer.RawOf[uint32](1)), infer.Uint32, infer.Shape{1}, infer.RawOf[uint32](1)},
		{"uint64", npyFile("<u8", false, []int{1}, infer.RawOf[uint64](1)), infer.Uint64, infer.Shape{1}, infer.RawOf[uint64](1)},
		{"int8", npyFile("|i1", false, []int{1}, []byte{0x80}), infer.Int8, infer.Shape{1}, []byte{0x80}},
		{"int16", npyFile("<i2", false, []int{1}, infer.RawOf[int16](-2)), infer.Int16, infer.Shape{1}, infer.RawOf[int16](-2)},
		{"int32", npyFile("<i4", false, []int{1}, infer.RawOf[int32](-2)), infer.Int32, infer.Shape{1}, infer.RawOf[int32](-2)},
		{"int64 of the other order", npyFile(">i8", false, []int{2}, npyElementSwapped(infer.RawOf[int64](-2, 3), 8)), infer.Int64, infer.Shape{2}, infer.RawOf[int64](-2, 3)},
		{"float16", npyFile("<f2", false, []int{2}, halves), infer.FP16, infer.Shape{2}, halves},
		{"float32", npyFile("<f4", false, []int{1, 2}, infer.RawOf[float32](1, 2)), infer.FP32, infer.Shape{1, 2}, infer.RawOf[float32](1, 2)},
		{"float64", npyFile("<f8", false, []int{1}, infer.RawOf(0.1)), infer.FP64, infer.Shape{1}, infer.RawOf(0.1)},
		{"a scalar", npyFile("<f8", false, nil, infer.RawOf(0.1)), infer.FP64, infer.Shape{}, infer.RawOf(0.1)},
		{"nothing", npyFile("<f4", false, []int{0, 3}, nil), infer.FP32, infer.Shape{0, 3}, []byte{}},
		{"bytes", npyFile("|S3", false, []int{2}, []byte("ab\x00cde")), infer.Bytes, infer.Shape{2}, infer.RawStrings("ab", "cde")},
		{"characters", npyFile("<U2", false, []int{2}, infer.RawOf('ü', 0, '木', 'b')), infer.Bytes, infer.Shape{2}, infer.RawStrings("ü", "木b")},
		{"characters of the other order", npyFile(">U1", false, []int{1}, npyElementSwapped(infer.RawOf('木'), 4)), infer.Bytes, infer.Shape{1}, infer.RawStrings("木")},
		{"Fortran's order", npyFile("<i2", true, []int{2, 3}, infer.RawOf[int16](1, 4, 2, 5, 3, 6)), infer.Int16, infer.Shape{2, 3}, infer.RawOf[int16](1, 2, 3, 4, 5, 6)},
		{
			"Fortran's order in three dimensions",
			npyFile("|u1", true, []int{2, 2, 2}, []byte{0, 4, 2, 6, 1, 5, 3, 7}),
			infer.Uint8,
			infer.Shape{2, 2, 2},
			[]byte{0, 1, 2, 3, 4, 5, 6, 7},
		},
		{"Fortran's order of nothing", npyFile("|u1", true, []int{2, 0}, nil), infer.Uint8, infer.Shape{2, 0}, []byte{}},
		{"npyio's own", npyioFile(t, []float32{1, 2, 3}), infer.FP32, infer.Shape{3}, infer.RawOf[float32](1, 2, 3)}, // version 2
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := parseNPY(test.file)
			if err != nil {
				t.Fatal(err)
			}
			if got.datatype != test.want || !cmp.Equal(got.shape, test.shape) || !bytes.Equal(got.raw, test.raw) {
				t.Errorf("got %+v, want %s %v %v", got, test.want, test.shape, test.raw)
			}
		})
	}
}

func npyElementSwapped(raw []byte, size int) []byte {
	out := make([]byte, len(raw))
	for n := range raw {
		out[n] = raw[n/size*size+size-1-n%size]
	}
	return out
}

func npyioFile(t *testing.T, values []float32) []byte {
	t.Helper()
	var file bytes.Buffer
	if err := npyio.Write(&file, values); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func TestParseNPYRefuses(t *testing.T) {
	t.Parallel()
	long := []byte("\x93NUMPY\x02\x00\xff\xff\xff\xff")
	tests := []struct {
		name string
		file []byte
		want string
	}{
		{"nothing", nil, "it is not a NumPy file; write it with numpy.save"},
		{"text", []byte("1,2,3,4\n5,6,7,8\n"), "it is not a NumPy file; write it with numpy.save"},
		{"a header of 4 GiB", long, "it is not a NumPy file; write it with numpy.save"},
		{"a header that ends too soon", npyFile("<f4", false, []int{1}, nil)[:30], "it is not a NumPy file; write it with numpy.save"},
		{"version 9", append([]byte("\x93NUMPY\x09\x00"), make([]byte, 64)...), "it is not a NumPy file; write it with numpy.save (npy: invalid major version number (9))"},
		{"too few elements", npyFile("<f4", false, []int{2}, infer.RawOf[float32](1)), "it breaks off: 4 bytes for shape [2] of elements of 4 bytes"},
		{"too many elements", npyFile("<f4", false, []int{1}, make([]byte, 8)), "it breaks off: 8 bytes for shape [1] of elements of 4 bytes"},
		{"a shape that overflows", npyFile("|u1", false, []int{1 << 40, 1 << 40}, nil), "it breaks off: 0 bytes for shape [1099511627776,1099511627776] of elements of 1 bytes"},
		{"a negative shape", npyFile("|u1", false, []int{-1}, []byte{1}), "it breaks off: 1 bytes for shape [-1] of elements of 1 bytes"},
		{"complex numbers", npyFile("<c8", false, []int{1}, make([]byte, 8)), `dtype "<c8" is no tensor's; convert it with .astype, for example to float32`},
		{"objects", npyFile("|O", false, []int{1}, make([]byte, 8)), `dtype "|O" is no tensor's; convert it with .astype, for example to float32`},
		{"no dtype", npyFile("", false, []int{1}, make([]byte, 8)), `dtype "" is no tensor's; convert it with .astype, for example to float32`},
		{"strings of any length", npyFile("|S0", false, []int{1}, nil), `dtype "|S0" is no tensor's; convert it with .astype, for example to float32`},
		{"no character", npyFile("<U1", false, []int{1}, infer.RawOf[uint32](0x110000)), "a string holds 0x110000, which is no character"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := parseNPY(test.file)
			if err == nil || err.Error() != test.want {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
		})
	}
}

func FuzzParseNPY(f *testing.F) {
	f.Add(npyFile("<f4", false, []int{1, 2}, infer.RawOf[float32](1, 2)))
	f.Add(npyFile("<U2", true, []int{2, 1}, infer.RawOf('a', 'b', 'c', 'd')))
	f.Add([]byte("\x93NUMPY\x02\x00\xff\xff\xff\xff"))
	f.Add([]byte("\x93NUMPY\x01\x00\x10\x00}'descr': 'shape"))
	f.Fuzz(func(t *testing.T, file []byte) {
		array, err := parseNPY(file)
		if err != nil {
			return
		}
		req := infer.NewRequest(infer.Head{ModelName: "m"}, []infer.TensorData{tensorData("x", array.datatype, array.shape, array.raw)}, nil)
		defer req.Free()
		parsed, err := infer.ParseRequest(req.Marshal())
		if err != nil {
			t.Fatal(err)
		}
		defer parsed.Free()
		if err := parsed.Validate(); err != nil {
			t.Errorf("a file of %s %v makes a malformed tensor: %v", array.datatype, array.shape, err)
		}
	})
}
