package server

import (
	"context"
	"errors"
	"net/http"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/tensorjson"
)

// fail answers with an error.
func (e *rest) fail(w http.ResponseWriter, err error) {
	if e.strict {
		err = exact(err)
	}
	writeError(w, err)
}

// exact is err with the status that Triton gives it: faults of the JSON are its own, and codes that it does not have are the
// client's. Source: observed on Triton 2.51; the protocol page, 5.1.
func exact(err error) error {
	switch {
	case errors.Is(err, errResponses):
		return &httpError{http.StatusOK, infer.AsError(err)}
	case errors.Is(err, tensorjson.ErrJSON):
		return &httpError{http.StatusInternalServerError, infer.AsError(err)}
	case statusOf(err) == http.StatusRequestEntityTooLarge:
		return &httpError{http.StatusBadRequest, infer.AsError(err)}
	}
	if _, own := errors.AsType[*httpError](err); own {
		return err
	}
	switch infer.CodeOf(err) {
	case codes.Unknown, codes.AlreadyExists, codes.Canceled:
		return &httpError{http.StatusBadRequest, infer.AsError(err)}
	case codes.DeadlineExceeded:
		return &httpError{http.StatusServiceUnavailable, infer.AsError(err)}
	}
	return err
}

// failCall answers a generated call with an error.
func (e *rest) failCall(ctx context.Context, w http.ResponseWriter, err error) {
	if rpc, _ := runtime.RPCMethod(ctx); e.strict {
		err = exactCall(rpc, err)
	}
	e.fail(w, shown(err))
}

// exactCall is err where Triton answers a call otherwise than all others. Source: observed on Triton 2.51.
func exactCall(rpc string, err error) error {
	code := infer.CodeOf(err)
	switch {
	case rpc == inferencepb.GRPCInferenceService_ServerReady_FullMethodName && code == codes.Unavailable:
		return &httpError{http.StatusBadRequest, infer.AsError(err)}
	case rpc == inferencepb.GRPCInferenceService_ModelReady_FullMethodName && (code == codes.Unavailable || code == codes.NotFound):
		return withStatus(http.StatusBadRequest, code, "Model version not ready")
	case rpc == inferencepb.GRPCInferenceService_ModelStatistics_FullMethodName && code == codes.NotFound:
		return &httpError{http.StatusBadRequest, infer.AsError(err)}
	}
	return err
}
