package units

import (
	"encoding"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Size is a number of bytes. As text it is a whole number with or without a unit: 65536, 64KiB, 64Ki, 2GiB.
type Size int64

// The units of [Size].
const (
	KiB Size = 1 << 10
	MiB Size = 1 << 20
	GiB Size = 1 << 30
)

var (
	_ encoding.TextMarshaler = Size(0)
	_ fmt.Stringer           = Size(0)
)

// sizeUnits are tried in order, the largest first; Kubernetes writes them without B.
func sizeUnits() []struct {
	name string
	size Size
} {
	return []struct {
		name string
		size Size
	}{{"Gi", GiB}, {"Mi", MiB}, {"Ki", KiB}, {"", 1}}
}

// ParseSize reads a Size.
func ParseSize(text string) (Size, error) {
	number := strings.TrimSuffix(strings.TrimSpace(text), "B")
	for _, unit := range sizeUnits() {
		digits, ok := strings.CutSuffix(number, unit.name)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(strings.TrimSpace(digits), 10, 64)
		if err != nil || n < 0 || n > math.MaxInt64/int64(unit.size) {
			break
		}
		return Size(n) * unit.size, nil
	}
	return 0, fmt.Errorf("%q is not a size; write 65536, 64KiB, 64MiB or 2GiB", text)
}

// String is the shortest exact text of s.
func (s Size) String() string {
	for _, unit := range sizeUnits() {
		if unit.name != "" && s != 0 && s%unit.size == 0 {
			return strconv.FormatInt(int64(s/unit.size), 10) + unit.name + "B"
		}
	}
	return strconv.FormatInt(int64(s), 10)
}

// MarshalText is [Size.String].
func (s Size) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalJSON accepts a number of bytes and a text for [ParseSize].
func (s *Size) UnmarshalJSON(data []byte) error {
	text, err := unquote(data)
	if err != nil {
		return err
	}
	*s, err = ParseSize(text)
	return err
}

// unquote returns the content of a JSON string, and other scalars as they are.
func unquote(data []byte) (string, error) {
	if len(data) > 0 && data[0] == '"' {
		return strconv.Unquote(string(data))
	}
	return string(data), nil
}
