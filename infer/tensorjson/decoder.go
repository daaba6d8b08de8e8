package tensorjson

import (
	"bytes"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/infer"
)

// decoder reads one body.
type decoder struct {
	scanner
	noun           string // of a tensor, as the message has it
	isRequest      bool
	had            members
	head           infer.Head
	tensors        []infer.TensorData
	outputs        []infer.RequestedOutput
	names          keySet // of tensors
	requested      keySet // names of requested outputs
	parameterCount int    // of all parameters
	headText       int    // bytes of all names and parameters
	binary         sections
	form           OutputForm
	shared         bool // tensors may be in shared memory
}

// The known keys of a body; inputs and outputs are tensors, or the outputs that are asked for.
const (
	keyID = iota
	keyModelName
	keyModelVersion
	keyHeadParameters
	keyInputs
	keyOutputs
)

// DecodeRequest reads the JSON body of an inference request into a message in raw form, which the caller frees.
// Each input has exactly the elements that its shape calls for; what [infer.Request.Validate] checks, holds.
// The error is INVALID_ARGUMENT, names the tensor and tells the cure.
// Source: OIP v2, "Inference Request JSON Object".
func DecodeRequest(body []byte, o Options) (*infer.Request, error) {
	req, _, err := DecodeFramed(body, nil, o)
	return req, err
}

// DecodeResponse reads the JSON body of an inference response, as a server sends it, into a message in raw form, which the
// caller frees. The error is INTERNAL: the fault is the server's.
// Source: OIP v2, "Inference Response JSON Object".
func DecodeResponse(body []byte) (*infer.Response, error) {
	d := decoder{noun: "output"}
	if err := d.decode(body, keyOutputs); err != nil {
		return nil, infer.Errorf(codes.Internal, "%w", err)
	}
	return infer.NewResponse(d.head, d.tensors), nil
}

// begin moves to the first value of a body.
func (d *decoder) begin(body []byte) {
	d.text = bytes.TrimPrefix(body, []byte("\ufeff"))
	d.space()
}

func (d *decoder) decode(body []byte, tensors uint) error {
	d.begin(body)
	if d.peek() == 0 && d.at == len(d.text) {
		return badJSON(`the body is empty; send a JSON object with "%ss"`, d.noun)
	}
	if err := d.object(d.headMember); err != nil {
		return err
	}
	if d.had&(1<<tensors) == 0 {
		return badJSON(`the body has no "%ss"`, d.noun)
	}
	return d.end()
}

// headMember moves past the value of a key of the body.
func (d *decoder) headMember(key []byte) error {
	var bit uint
	switch string(key) {
	case "id":
		bit = keyID
	case "parameters":
		bit = keyHeadParameters
	case "inputs":
		bit = keyInputs
	case "outputs":
		bit = keyOutputs
	case "model_name":
		bit = keyModelName
	case "model_version":
		bit = keyModelVersion
	default:
		return d.skip()
	}
	if present, err := d.present(&d.had, bit, key); !present {
		return err
	}
	return d.headValue(bit)
}

func (d *decoder) headValue(bit uint) error {
	switch {
	case bit == keyID:
		return d.string(&d.head.ID, "id")
	case bit == keyHeadParameters:
		return d.headParameters()
	case bit == keyInputs && d.isRequest, bit == keyOutputs && !d.isRequest:
		return d.array(d.tensor)
	case bit == keyOutputs:
		return d.array(d.requestedOutput)
	case bit == keyModelName && !d.isRequest: // of a request it is what the URL says
		return d.string(&d.head.ModelName, "model_name")
	case bit == keyModelVersion && !d.isRequest:
		return d.string(&d.head.ModelVersion, "model_version")
	}
	return d.skip()
}

// string reads a string.
func (d *decoder) string(to *string, key string) error {
	text, err := d.stringOf(key)
	*to = string(text)
	return err
}

// present notes a known key; false when it is null, which is moved past, or when it has come before.
func (d *decoder) present(had *members, bit uint, key []byte) (bool, error) {
	if d.null() {
		return false, nil
	}
	if err := had.once(bit, key); err != nil {
		return false, err
	}
	return true, nil
}

func (d *decoder) headParameters() error {
	all, err := d.parameters()
	if err == nil && d.isRequest {
		all, d.form.AllBinary, err = takeFlag(all, binaryDataOutput)
	}
	if err == nil {
		d.head.Parameters, err = unframed(all, "send the tensors in data")
	}
	return err
}

// stringOf moves past a string; the bytes are valid until the next one.
func (d *decoder) stringOf(key string) ([]byte, error) {
	if d.peek() != '"' {
		return nil, badJSON("%s is %s; send a string", key, d.token())
	}
	return d.stringBytes()
}
