package units_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/manifold-serving/manifold/internal/units"
)

func TestSize(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]units.Size{
		"0": 0, "1": 1, "12B": 12, "64KiB": 64 << 10, "64Ki": 64 << 10, "3 MiB": 3 << 20, "2GiB": 2 << 30,
	} {
		got, err := units.ParseSize(text)
		if err != nil || got != want {
			t.Errorf("ParseSize(%q) = %d, %v; want %d", text, got, err, want)
		}
		if round, err := units.ParseSize(got.String()); err != nil || round != want {
			t.Errorf("%d as text is %q, which reads as %d, %v", want, got, round, err)
		}
	}
	for _, text := range []string{"", "MiB", "-1", "1.5MiB", "1e3", "64MB", "9223372036854775808", "9999999999GiB", "1KiBMiB"} {
		if got, err := units.ParseSize(text); err == nil {
			t.Errorf("ParseSize(%q) = %d, want an error", text, got)
		}
	}
}

func TestScalarsThatAreNotTheirs(t *testing.T) {
	t.Parallel()
	var size units.Size
	var duration units.Duration
	err := errors.Join(json.Unmarshal([]byte(`"64MB"`), &size), json.Unmarshal([]byte(`5`), &duration), json.Unmarshal([]byte(`"x"`), &duration))
	want := "\"64MB\" is not a size; write 65536, 64KiB, 64MiB or 2GiB\n" +
		"5 is not a duration; write 5s, 1m30s or 250ms\n\"x\" is not a duration; write 5s, 1m30s or 250ms"
	if err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	if err := json.Unmarshal([]byte(`0`), &duration); err != nil || duration != 0 {
		t.Errorf("0 reads as %v, %v", duration, err)
	}
}

func FuzzParseSize(f *testing.F) {
	for _, seed := range []string{"0", "64MiB", "64Mi", " 1 GiB", "9223372036854775807", "-1", "KiB"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		size, err := units.ParseSize(text)
		if err != nil {
			return
		}
		if again, err := units.ParseSize(size.String()); err != nil || again != size || size < 0 {
			t.Errorf("%q is %d, whose text %q reads as %d, %v", text, size, size, again, err)
		}
	})
}

func TestOr(t *testing.T) {
	t.Parallel()
	if units.Duration(0).Or(time.Minute) != time.Minute || units.Duration(time.Second).Or(time.Minute) != time.Second {
		t.Error("only zero stands for the default")
	}
}
