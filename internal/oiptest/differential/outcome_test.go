package differential_test

import (
	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/infer"
)

// outcome is what a client sees of an answer, whatever the form. Of an error it is the status, which stands for the code.
type outcome struct {
	Status  int
	Model   string
	Version string
	ID      string
	Outputs []tensor

	text string // of an error, for people
}

// tensor is an output, its data in raw form.
type tensor struct {
	Name  string
	Type  infer.DataType
	Shape infer.Shape
	Raw   string
}

// statusOf is the HTTP status that stands for a code. Source: the gateway's column of table 5.2 of the protocol page, and
// google.rpc.Code for the codes that it does not have.
var statusOf = map[codes.Code]int{
	codes.OK: 200, codes.Canceled: 499, codes.Unknown: 500, codes.InvalidArgument: 400, codes.DeadlineExceeded: 504, codes.NotFound: 404,
	codes.AlreadyExists: 409, codes.PermissionDenied: 403, codes.ResourceExhausted: 429, codes.FailedPrecondition: 400, codes.Aborted: 409,
	codes.OutOfRange: 400, codes.Unimplemented: 501, codes.Internal: 500, codes.Unavailable: 503, codes.DataLoss: 500, codes.Unauthenticated: 401,
}

// inJSON reports whether JSON can carry the outputs.
func (o outcome) inJSON() bool {
	for _, t := range o.Outputs {
		elements, _ := given{Type: t.Type, Data: []byte(t.Raw)}.elements()
		for _, e := range elements {
			if !canonical(t.Type, e) {
				return false
			}
		}
		if t.Type == infer.FP16 || t.Type == infer.BF16 {
			return false
		}
	}
	return true
}
