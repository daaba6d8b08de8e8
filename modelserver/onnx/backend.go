package onnx

import (
	"errors"
	"reflect"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/gobackend"
)

// newBackend returns a backend that computes in the goroutine of its caller: operators
// one after the other, none of them spread over workers. One core per call makes the
// most of the machine when calls are many, and keeps every panic where guard recovers it.
//
// The documented way to say so, the option "parallelism=0", also prints a line to
// standard output, which belongs to the program; so the workers are switched off
// through the backend's exported, if unreachable, field.
func newBackend() (compute.Backend, error) {
	backend, err := gobackend.New("ops_sequential")
	if err != nil {
		return nil, err
	}
	field := reflect.Indirect(reflect.ValueOf(backend)).FieldByName("Workers")
	if !field.IsValid() || !field.CanInterface() {
		return nil, errors.New("gomlx: the backend has no field Workers any more")
	}
	workers, ok := reflect.TypeAssert[interface{ SetMaxParallelism(n int) }](field)
	if !ok {
		return nil, errors.New("gomlx: the backend's workers have no SetMaxParallelism any more")
	}
	workers.SetMaxParallelism(0)
	return backend, nil
}
