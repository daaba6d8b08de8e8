package proof

import (
	"encoding/json"
	"fmt"
)

// tensor is one of REST.
type tensor struct {
	Name     string          `json:"name"`
	DataType string          `json:"datatype"`
	Shape    []int64         `json:"shape"`
	Data     json.RawMessage `json:"data"`
}

// message is a request or an answer of REST.
type message struct {
	ModelName    string   `json:"model_name,omitempty"`
	ModelVersion string   `json:"model_version,omitempty"`
	ID           string   `json:"id"`
	Inputs       []tensor `json:"inputs,omitempty"`
	Outputs      []tensor `json:"outputs,omitempty"`
}

// JSON is c as a body of REST.
func (c Call) JSON() []byte {
	return marshal(message{ID: c.ID, Inputs: []tensor{bytesTensor(Payload, c.Payload)}})
}

// CallOfJSON is the call in a body of REST.
func CallOfJSON(body []byte) (Call, error) {
	var m message
	if err := json.Unmarshal(body, &m); err != nil {
		return Call{}, err
	}
	for _, input := range m.Inputs {
		if input.Name == Payload {
			payload, err := numbersOf(input)
			return Call{ID: m.ID, Payload: payload}, err
		}
	}
	return Call{}, fmt.Errorf("input %q is missing", Payload)
}

// JSON is a as a body of REST.
func (a *Answer) JSON(model string) []byte {
	one := []int64{1}
	return marshal(message{ModelName: model, ModelVersion: "1", ID: a.ID, Outputs: []tensor{
		bytesTensor(Payload, a.Payload),
		{Name: Sum, DataType: "UINT64", Shape: one, Data: marshal([]uint64{a.Sum})},
		{Name: Backend, DataType: "BYTES", Shape: one, Data: marshal([]string{a.Backend})},
		{Name: Execution, DataType: "UINT64", Shape: one, Data: marshal([]uint64{a.Execution})},
	}})
}

// AnswerOfJSON is the answer in a body of REST; see [AnswerOf].
func AnswerOfJSON(body []byte) (Answer, error) {
	var m message
	if err := json.Unmarshal(body, &m); err != nil {
		return Answer{}, err
	}
	a, seen := Answer{ID: m.ID}, tensors{}
	for _, output := range m.Outputs {
		if err := seen.add(output.Name, output.DataType, output.Shape); err != nil {
			return Answer{}, err
		}
		if err := a.setJSON(output); err != nil {
			return Answer{}, err
		}
	}
	return a, seen.complete()
}

func (a *Answer) setJSON(output tensor) error {
	switch output.Name {
	case Padding:
		return nil
	case Payload:
		var err error
		a.Payload, err = numbersOf(output)
		return err
	case Backend:
		var texts [1]string
		err := json.Unmarshal(output.Data, &texts)
		a.Backend = texts[0]
		return err
	default:
		var numbers [1]uint64
		err := json.Unmarshal(output.Data, &numbers)
		*a.number(output.Name) = numbers[0]
		return err
	}
}

func bytesTensor(name string, payload []byte) tensor {
	numbers := make([]uint16, len(payload)) // a []byte would be base64
	for i, b := range payload {
		numbers[i] = uint16(b)
	}
	return tensor{Name: name, DataType: "UINT8", Shape: []int64{int64(len(payload))}, Data: marshal(numbers)}
}

func numbersOf(t tensor) ([]byte, error) {
	var numbers []uint16
	if err := json.Unmarshal(t.Data, &numbers); err != nil {
		return nil, fmt.Errorf("tensor %q: %w", t.Name, err)
	}
	if len(t.Shape) != 1 || t.Shape[0] != int64(len(numbers)) {
		return nil, fmt.Errorf("tensor %q of shape %v has %d elements", t.Name, t.Shape, len(numbers))
	}
	payload := make([]byte, len(numbers))
	for i, n := range numbers {
		payload[i] = byte(n)
	}
	return payload, nil
}

// marshal is of values that JSON has a form for.
func marshal(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return text
}
