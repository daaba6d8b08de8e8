package infercmd

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/url"
	"slices"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/tensorjson"
)

// inferREST is a target over REST.
type inferREST struct {
	client  *http.Client
	base    *url.URL
	headers []inferHeader
	path    []string // of the model
}

var _ inferTarget = (*inferREST)(nil)

func openInferREST(base func() (*url.URL, error), config *tls.Config, headers []inferHeader, model, version string) (inferTarget, error) {
	u, err := base()
	if err != nil {
		return nil, err
	}
	t := &inferREST{
		client:  &http.Client{Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: config}},
		base:    u,
		headers: headers,
		path:    []string{"v2", "models", url.PathEscape(model)},
	}
	if version != "" {
		t.path = append(t.path, "versions", url.PathEscape(version))
	}
	return t, nil
}

func (t *inferREST) metadata(ctx context.Context) (*infer.Metadata, error) {
	body, err := t.call(ctx, http.MethodGet, nil, t.path...)
	if err != nil {
		return nil, err
	}
	var m inferencepb.ModelMetadataResponse
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(body, &m); err != nil {
		return nil, infer.Errorf(codes.Internal, "the model's metadata are malformed: %w", err)
	}
	return metadataOf(&m), nil
}

func (t *inferREST) infer(ctx context.Context, req *infer.Request) (*infer.Response, error) {
	body, err := tensorjson.AppendRequest(nil, req, tensorjson.Options{Base64Bytes: true})
	if err != nil {
		return nil, restCure(err)
	}
	answer, err := t.call(ctx, http.MethodPost, body, append(slices.Clip(t.path), "infer")...)
	if err != nil {
		return nil, err
	}
	resp, err := tensorjson.DecodeResponse(answer)
	if err != nil {
		return nil, infer.At("the answer", err)
	}
	return resp, nil
}

// restCure is the refusal of a tensor that JSON cannot carry.
func restCure(err error) error {
	e := infer.AsError(err)
	return &infer.Error{Code: e.Code, Reason: e.Reason + ", that is without --rest", Cause: err}
}

func (t *inferREST) models(ctx context.Context) []string {
	body, err := t.call(ctx, http.MethodGet, nil, "v2", "models")
	if err != nil {
		return nil // not every server has it
	}
	var list struct {
		Models []string `json:"models"`
	}
	if json.Unmarshal(body, &list) != nil {
		return nil
	}
	return list.Models
}

func (t *inferREST) close() { t.client.CloseIdleConnections() }

// maxInferAnswer bounds an answer, in bytes: as much as a gRPC message can hold.
const maxInferAnswer = math.MaxInt32

// call returns the body of a 200, and an error for everything else.
func (t *inferREST) call(ctx context.Context, method string, body []byte, path ...string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, t.base.JoinPath(path...).String(), bytes.NewReader(body))
	if err != nil {
		return nil, infer.Errorf(codes.InvalidArgument, "%w", err)
	}
	t.head(req)
	resp, err := t.client.Do(req)
	if err != nil {
		return nil, t.fault(err)
	}
	defer resp.Body.Close() //nolint:errcheck // it was read
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxInferAnswer+1))
	switch {
	case err != nil:
		return nil, t.fault(err)
	case len(answer) > maxInferAnswer:
		return nil, infer.Errorf(codes.ResourceExhausted, "the answer of %s is longer than 2 GiB", t.base.Host)
	case resp.StatusCode != http.StatusOK:
		return nil, restError(resp.Status, resp.StatusCode, answer)
	}
	return answer, nil
}

func (t *inferREST) head(req *http.Request) {
	if req.Method == http.MethodPost {
		req.Header.Set("Content-Type", "application/json")
	}
	for _, h := range t.headers {
		req.Header.Add(h.key, h.value)
	}
	if host := hostOf(t.headers); host != "" {
		req.Host = host
	}
}

// fault tells a server that is not there from one that does not speak HTTP.
func (t *inferREST) fault(err error) error {
	var dial *net.OpError
	var reason *url.Error
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return infer.AsError(err)
	case errors.As(err, &dial) && dial.Op == "dial":
		return unreachable(t.base.Host, "REST", dial.Error())
	case errors.As(err, &certificate):
		return untrusted(t.base.Host, certificate.Error())
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		return untrusted(t.base.Host, "it answers without")
	case errors.As(err, &reason):
		err = reason.Err
	}
	return noWay("what answers at %s speaks no REST (%v): a gateway's REST port is 8000; leave out --rest for a gRPC port", t.base.Host, err)
}

// maxInferError is how much of an error that is not OIP's is shown.
const maxInferError = 200

// restError is what a status other than 200 means. Source: OIP v2, "$inference_error_response".
func restError(status string, code int, body []byte) error {
	var own struct {
		Error string `json:"error"`
	}
	if json.Unmarshal(body, &own) != nil || own.Error == "" {
		own.Error = fmt.Sprintf("the server answers %s: %.*q", status, maxInferError, body)
	}
	return &infer.Error{Code: codeOfStatus(code), Reason: own.Error}
}

func codeOfStatus(status int) codes.Code {
	switch status {
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		return codes.InvalidArgument
	case http.StatusNotFound:
		return codes.NotFound
	case http.StatusGatewayTimeout:
		return codes.DeadlineExceeded
	}
	return codes.Unknown
}
