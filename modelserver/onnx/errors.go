package onnx

import "errors"

var (
	// ErrUnsupported is wrapped by the errors of Open about a sound file that this
	// package cannot run. The message names what is missing and the way out.
	ErrUnsupported = errors.New("the embedded runtime cannot run this model")

	// ErrInput is wrapped by the errors of Run that are the caller's fault: names,
	// datatypes, shapes or lengths that do not fit the model.
	ErrInput = errors.New("invalid input")

	// ErrClosed is returned by Run after Close.
	ErrClosed = errors.New("onnx: model is closed")
)
