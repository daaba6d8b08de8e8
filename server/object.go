package server

import (
	"encoding/json"
	"fmt"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/tensorjson"
)

// object is a JSON object whose members are read by name; unknown ones do not matter, and a nil object has none.
type object map[string]json.RawMessage

// parseObject reads a body. INVALID_ARGUMENT when it is not a JSON object.
func parseObject(text []byte) (object, error) {
	var o object
	if err := json.Unmarshal(text, &o); err != nil {
		return nil, badJSON("the body is not a JSON object: %s", err.Error())
	}
	return o, nil
}

func isNull(text json.RawMessage) bool { return string(text) == "null" }

// has refuses an object that lacks one of the keys.
func (o object) has(keys ...string) error {
	for _, key := range keys {
		if text, ok := o[key]; !ok || isNull(text) {
			return badJSON("the body has no '%s'", key)
		}
	}
	return nil
}

// withoutNulls is o without the members that are null, which stands for absence.
func (o object) withoutNulls() object {
	for key, value := range o {
		if isNull(value) {
			delete(o, key)
		}
	}
	return o
}

// take reads a member into a value of its kind; one that is absent or null leaves it as it is.
func take[T any](o object, key, kind string, to *T) error {
	text, ok := o[key]
	if !ok || isNull(text) {
		return nil
	}
	if err := json.Unmarshal(text, to); err != nil {
		return badJSON("Invalid value for '%s': expected %s", clip(key, maxName), kind)
	}
	return nil
}

// What members are, as errors call it.
const (
	aBoolean  = "a boolean"
	aString   = "a string"
	unsigned  = "an unsigned integer"
	anInteger = "an integer"
	anObject  = "an object"
)

// badJSON is a client's fault in the JSON itself, which Triton tells from those in what the JSON says.
func badJSON(format string, args ...any) error {
	return &infer.Error{Code: codes.InvalidArgument, Reason: fmt.Sprintf(format, args...), Cause: tensorjson.ErrJSON}
}
