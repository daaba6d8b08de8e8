package classification

import (
	"math"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/infer"
)

// Parameter is the key of the requested output's parameter that tells how many classes are wanted.
const Parameter = "classification"

// Top is how many classes of an output are wanted, 0 when it is wanted as it is. A number beyond all outputs means all elements.
// INVALID_ARGUMENT when the parameter is not a whole number from 1 on.
func Top(r infer.RequestedOutput) (int, error) {
	value, given := r.Parameters.Lookup(Parameter)
	if !given {
		return 0, nil
	}
	switch v := value.(type) {
	case int64:
		if v > 0 {
			return int(min(v, math.MaxInt32)), nil
		}
	case uint64:
		if v > 0 {
			return int(min(v, math.MaxInt32)), nil
		}
	}
	return 0, invalid("output %q: classification %v: give the number of classes, a whole number from 1 on", r.Name, value)
}

// Wanted are the numbers of classes by output, nil when no output is to be classified. The error is that of [Top].
func Wanted(outputs []infer.RequestedOutput) (map[string]int, error) {
	var wanted map[string]int
	for _, r := range outputs {
		k, err := Top(r)
		switch {
		case err != nil:
			return nil, err
		case k == 0:
			continue
		case wanted == nil:
			wanted = map[string]int{}
		}
		wanted[r.Name] = k
	}
	return wanted, nil
}

// invalid is a client's fault.
func invalid(format string, args ...any) error {
	return infer.Errorf(codes.InvalidArgument, format, args...)
}
