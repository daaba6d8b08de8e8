package tensorjson

import (
	"errors"
	"unicode/utf8"
)

// Options say what a body leaves open. The zero value is what REST clients without further wishes get.
type Options struct {
	ModelName    string // of a decoded request: what its URL names; a body's own model_name is skipped, as Triton does
	ModelVersion string // of a decoded request, like ModelName
	SharedMemory bool   // let a decoded request's tensors be in memory that its model's server shares; otherwise they are refused
	Base64Bytes  bool   // encode a BYTES tensor that is not all UTF-8 in base64, marked content_type; otherwise it is refused
}

func (o Options) check() error {
	switch {
	case !utf8.ValidString(o.ModelName):
		return errors.New("the model's name is not UTF-8")
	case !utf8.ValidString(o.ModelVersion):
		return errors.New("the model's version is not UTF-8")
	}
	return nil
}
