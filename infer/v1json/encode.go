package v1json

import (
	"fmt"
	"strings"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/tensorjson"
)

// AppendResponse appends the body that answers a predict call of that form to dst: {"predictions": [row, …]} or {"outputs": …}. The error
// is INTERNAL when the response is not well formed, and INVALID_ARGUMENT when its outputs have different numbers of rows.
func AppendResponse(dst []byte, resp *infer.Response, f Form) ([]byte, error) {
	all, err := rowsOf(resp)
	if err != nil {
		return nil, infer.Errorf(codes.Internal, "%w", err)
	}
	if f == Columns {
		return appendColumns(append(dst, `{"outputs":`...), all)
	}
	if !even(all) {
		return nil, infer.Errorf(codes.InvalidArgument,
			`the outputs have different numbers of rows: %s; send the request as columns, {"inputs": …}, or to /v2`, heights(all))
	}
	return appendRows(append(dst, `{"predictions":`...), all, resp.Size())
}

// AppendRequest appends the body of a predict call with the inputs of req to dst: as rows where all inputs have the same number of
// them and there are some, otherwise as columns. The error is INVALID_ARGUMENT when the request is not well formed.
func AppendRequest(dst []byte, req *infer.Request) ([]byte, error) {
	all, err := rowsOf(req)
	if err != nil {
		return nil, infer.Errorf(codes.InvalidArgument, "%w", err)
	}
	if len(all) == 0 {
		return nil, infer.Errorf(codes.InvalidArgument, "the request has no inputs, and a V1 body has to have some")
	}
	if !even(all) || all[0].Left() == 0 || len(req.Tensors()[0].Shape) == 0 { // without rows nothing has a name
		return appendColumns(append(dst, `{"inputs":`...), all)
	}
	return appendRows(append(dst, `{"instances":`...), all, req.Size())
}

func rowsOf(m infer.Message) ([]*tensorjson.Rows, error) {
	tensors := m.Tensors()
	all := make([]*tensorjson.Rows, len(tensors))
	for i := range tensors {
		t := &tensors[i]
		var err error
		if all[i], err = tensorjson.NewRows(t, strings.HasSuffix(t.Name, "_bytes")); err != nil {
			return nil, fmt.Errorf("tensor %s: %w", tensorjson.Shown(t.Name), err)
		}
	}
	return all, nil
}

// even reports whether all have the same number of rows.
func even(all []*tensorjson.Rows) bool {
	for _, r := range all {
		if r.Left() != all[0].Left() {
			return false
		}
	}
	return true
}

func heights(all []*tensorjson.Rows) string {
	texts := make([]string, len(all))
	for i, r := range all {
		texts[i] = fmt.Sprintf("%s %d", tensorjson.Shown(r.Name()), r.Left())
	}
	return strings.Join(texts, ", ")
}

// maxNames bounds what names add to the rows: with long names, an object a row, it grows with the product of both.
const maxNames = 32

func appendRows(dst []byte, all []*tensorjson.Rows, size int) ([]byte, error) {
	dst = append(dst, '[')
	most := len(dst) + maxNames*size + 64<<10
	for i := 0; len(all) > 0 && all[0].Left() > 0; i++ {
		if i > 0 {
			dst = append(dst, ',')
		}
		var err error
		if dst, err = appendValues(dst, all, (*tensorjson.Rows).AppendNext); err != nil {
			return nil, err
		}
		if len(dst) > most {
			return nil, infer.Errorf(codes.InvalidArgument, `its rows take more than %d times the tensors; send columns, {"inputs": …}, or use /v2`, maxNames)
		}
	}
	return append(dst, ']', '}'), nil
}

func appendColumns(dst []byte, all []*tensorjson.Rows) ([]byte, error) {
	dst, err := appendValues(dst, all, (*tensorjson.Rows).AppendAll)
	if err != nil {
		return nil, err
	}
	return append(dst, '}'), nil
}

// appendValues appends the value of one tensor, or an object with those of several.
func appendValues(dst []byte, all []*tensorjson.Rows, value func(*tensorjson.Rows, []byte) ([]byte, error)) ([]byte, error) {
	if len(all) == 1 {
		return value(all[0], dst)
	}
	dst = append(dst, '{')
	for i, r := range all {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(tensorjson.Quote(dst, r.Name()), ':')
		var err error
		if dst, err = value(r, dst); err != nil {
			return nil, err
		}
	}
	return append(dst, '}'), nil
}
