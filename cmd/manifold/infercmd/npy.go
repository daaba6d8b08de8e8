package infercmd

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/sbinet/npyio/npy"

	"github.com/manifold-serving/manifold/infer"
)

// fromNPYs makes tensors of --npy. Datatype and shape are those of the files.
func (i *inferCall) fromNPYs(known *infer.Metadata) ([]infer.TensorData, error) {
	var all []infer.TensorData
	for _, flag := range i.npys {
		name, file, err := splitFile("--npy", flag, known, "")
		if err != nil {
			return nil, err
		}
		data, err := readInferFile("--npy", file)
		if err != nil {
			return nil, err
		}
		array, err := parseNPY(data)
		if err != nil {
			return nil, fmt.Errorf("--npy: %s: %w", file, err)
		}
		all = append(all, tensorData(name, array.datatype, array.shape, array.raw))
	}
	return all, nil
}

// npyArray is the contents of a .npy file.
type npyArray struct {
	datatype infer.DataType
	shape    infer.Shape
	raw      []byte // in raw form
}

// npyElement is how elements lie in a file.
type npyElement struct {
	datatype infer.DataType
	size     int  // in the file
	big      bool // big-endian
	runes    bool // BYTES are in UTF-32
}

// parseNPY reads a .npy file: its elements need at most another order, since little-endian C order is the raw form.
// Source: NumPy, "NEP 1 — A simple file format for NumPy arrays".
func parseNPY(data []byte) (npyArray, error) {
	header, elements, err := npyHeader(data)
	if err != nil {
		return npyArray{}, err
	}
	element, err := npyElementOf(header.Descr.Type)
	if err != nil {
		return npyArray{}, err
	}
	shape := make(infer.Shape, len(header.Descr.Shape))
	for axis, d := range header.Descr.Shape {
		shape[axis] = int64(d)
	}
	n, ok := shape.Elements()
	if !ok || len(shape) > infer.MaxRank || len(elements)%element.size != 0 || len(elements)/element.size != n {
		return npyArray{}, fmt.Errorf("it breaks off: %d bytes for shape %v of elements of %d bytes", len(elements), shape, element.size)
	}
	if header.Descr.Fortran {
		elements = rowMajor(elements, shape, element.size)
	}
	raw, err := element.raw(elements)
	return npyArray{element.datatype, shape, raw}, err
}

var errNotNPY = errors.New("it is not a NumPy file; write it with numpy.save")

// Where a .npy file says how long its header is.
const (
	npyVersionAt = 6
	npyLengthAt  = 8
	npyPrefix    = 12
)

// npyHeader reads the header; the rest are the elements. Npyio slices by what a header says, so what is malformed in it panics.
func npyHeader(data []byte) (header npy.Header, elements []byte, err error) {
	defer func() {
		if recover() != nil {
			err = errNotNPY
		}
	}()
	if len(data) < npyPrefix || !bytes.HasPrefix(data, npy.Magic[:]) {
		return header, nil, errNotNPY
	}
	// Npyio allocates the length that a header of version 2 claims.
	if data[npyVersionAt] == 2 && uint64(binary.LittleEndian.Uint32(data[npyLengthAt:])) > uint64(len(data)) {
		return header, nil, errNotNPY
	}
	rest := bytes.NewReader(data)
	reader, err := npy.NewReader(rest)
	if err != nil {
		return header, nil, fmt.Errorf("%w (%w)", errNotNPY, err)
	}
	return reader.Header, data[len(data)-rest.Len():], nil
}

// npyElementOf reads a dtype: <f4, |b1, >i8, |S5, <U12.
func npyElementOf(dtype string) (npyElement, error) {
	order := dtype[:min(1, len(dtype))]
	kind := strings.TrimLeft(dtype, "<>|=")
	if datatype, ok := npyDataType(kind); ok {
		return npyElement{datatype: datatype, size: datatype.Size(), big: order == ">"}, nil
	}
	if kind != "" {
		length, err := strconv.Atoi(kind[1:])
		switch {
		case err != nil || length <= 0 || length > maxNPYString:
		case kind[0] == 'S' || kind[0] == 'a':
			return npyElement{datatype: infer.Bytes, size: length}, nil
		case kind[0] == 'U':
			return npyElement{datatype: infer.Bytes, size: length * npyRune, runes: true, big: order == ">"}, nil
		}
	}
	return npyElement{}, fmt.Errorf("dtype %q is no tensor's; convert it with .astype, for example to float32", dtype)
}

const (
	maxNPYString = 1 << 24 // characters
	npyRune      = 4       // bytes
)

func npyDataType(kind string) (infer.DataType, bool) {
	switch kind {
	case "b1":
		return infer.Bool, true
	case "u1":
		return infer.Uint8, true
	case "u2":
		return infer.Uint16, true
	case "u4":
		return infer.Uint32, true
	case "u8":
		return infer.Uint64, true
	case "i1":
		return infer.Int8, true
	case "i2":
		return infer.Int16, true
	case "i4":
		return infer.Int32, true
	case "i8":
		return infer.Int64, true
	case "f2":
		return infer.FP16, true
	case "f4":
		return infer.FP32, true
	case "f8":
		return infer.FP64, true
	}
	return "", false
}

// raw is the raw form of elements in C order.
func (e npyElement) raw(elements []byte) ([]byte, error) {
	if e.datatype == infer.Bytes {
		return e.strings(elements)
	}
	if !e.big || e.size == 1 {
		return elements, nil
	}
	swapped := slices.Clone(elements)
	for part := range slices.Chunk(swapped, e.size) {
		slices.Reverse(part)
	}
	return swapped, nil
}

// strings are fixed in length in NumPy, with zeros behind shorter ones.
func (e npyElement) strings(elements []byte) ([]byte, error) {
	var raw []byte
	for part := range slices.Chunk(elements, e.size) {
		text := part
		if e.runes {
			var err error
			if text, err = e.utf8(part); err != nil {
				return nil, err
			}
		}
		text = bytes.TrimRight(text, "\x00")
		raw = append(binary.LittleEndian.AppendUint32(raw, uint32(len(text))), text...)
	}
	return raw, nil
}

func (e npyElement) utf8(part []byte) ([]byte, error) {
	order := binary.ByteOrder(binary.LittleEndian)
	if e.big {
		order = binary.BigEndian
	}
	var text []byte
	for char := range slices.Chunk(part, npyRune) {
		r := order.Uint32(char)
		if r > utf8.MaxRune {
			return nil, fmt.Errorf("a string holds %#x, which is no character", r)
		}
		text = utf8.AppendRune(text, rune(r))
	}
	return text, nil
}

// rowMajor brings elements from Fortran's order, first axis fastest, to C's, last axis fastest.
func rowMajor(elements []byte, shape infer.Shape, size int) []byte {
	out := make([]byte, 0, len(elements))
	index := make([]int, len(shape))
	for len(out) < len(elements) {
		from, stride := 0, size
		for axis, d := range shape {
			from += index[axis] * stride
			stride *= int(d)
		}
		out = append(out, elements[from:from+size]...)
		for axis := len(shape) - 1; axis >= 0; axis-- {
			if index[axis]++; index[axis] < int(shape[axis]) {
				break
			}
			index[axis] = 0
		}
	}
	return out
}
