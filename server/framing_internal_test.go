package server

import (
	"net/http"
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/infer"
)

// TestR01_TwoLengths: the same one twice is one; two that differ are nobody's to choose from.
func TestR01_TwoLengths(t *testing.T) {
	t.Parallel()
	f, err := framingOf(http.Header{headerLengthHeader: {"12", "12"}})
	if err != nil || f != (framing{12, true}) {
		t.Errorf("twice the same: %v, %v", f, err)
	}
	if f, err := framingOf(http.Header{headerLengthHeader: {"12", "13"}}); infer.CodeOf(err) != codes.InvalidArgument {
		t.Errorf("two: %v, %v; want INVALID_ARGUMENT", f, err)
	}
}
