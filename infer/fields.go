package infer

import "google.golang.org/protobuf/encoding/protowire"

// Field numbers of the wire, from proto/inference. A request and a response differ only where the table says so.
const (
	fieldModelName    protowire.Number = 1
	fieldModelVersion protowire.Number = 2
	fieldID           protowire.Number = 3
	fieldParameters   protowire.Number = 4
	fieldTensors      protowire.Number = 5 // inputs, or outputs
	requestOutputs    protowire.Number = 6
	requestRaw        protowire.Number = 7
	responseRaw       protowire.Number = 6

	tensorName       protowire.Number = 1
	tensorDataType   protowire.Number = 2
	tensorShape      protowire.Number = 3
	tensorParameters protowire.Number = 4
	tensorContents   protowire.Number = 5

	outputName       protowire.Number = 1
	outputParameters protowire.Number = 2

	contentsBool   protowire.Number = 1
	contentsInt    protowire.Number = 2
	contentsInt64  protowire.Number = 3
	contentsUint   protowire.Number = 4
	contentsUint64 protowire.Number = 5
	contentsFP32   protowire.Number = 6
	contentsFP64   protowire.Number = 7
	contentsBytes  protowire.Number = 8

	mapKey   protowire.Number = 1
	mapValue protowire.Number = 2

	parameterBool   protowire.Number = 1
	parameterInt64  protowire.Number = 2
	parameterString protowire.Number = 3
	parameterDouble protowire.Number = 4
	parameterUint64 protowire.Number = 5
)
