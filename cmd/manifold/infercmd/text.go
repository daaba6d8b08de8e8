package infercmd

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/tensorjson"
)

// textInput is an --input taken apart.
type textInput struct {
	name     string
	datatype infer.DataType
	pattern  infer.Shape // -1 is any size; nil: not said
	loose    bool        // the pattern is the model's: nested values may tell another shape
	values   string
}

// fromTexts makes tensors of --input.
func (i *inferCall) fromTexts(known *infer.Metadata) ([]infer.TensorData, error) {
	var all []infer.TensorData
	for _, flag := range i.texts {
		in, err := parseTextInput(flag)
		if err != nil {
			return nil, err
		}
		if err := in.complete(known); err != nil {
			return nil, err
		}
		t, err := in.tensor()
		if err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all, nil
}

// inferTyped is NAME:DATATYPE[SHAPE], of which the name may have colons of its own: serving_default_x:0.
var inferTyped = regexp.MustCompile(`^(.+):([A-Z]+[0-9]*)?(\[[-0-9, ]*\])?$`)

func parseTextInput(flag string) (textInput, error) {
	name, values, ok := strings.Cut(flag, "=")
	if !ok || name == "" {
		return textInput{}, fmt.Errorf("--input %q is not NAME=VALUES", flag)
	}
	in := textInput{name: name, values: values}
	parts := inferTyped.FindStringSubmatch(name)
	if parts == nil || parts[2]+parts[3] == "" {
		return in, nil
	}
	datatype := infer.DataType(parts[2])
	if parts[2] != "" && !datatype.Known() {
		return in, fmt.Errorf("--input %s: datatype %q is not one of %v", name, parts[2], infer.DataTypes())
	}
	in.name, in.datatype = parts[1], datatype
	if parts[3] != "" {
		if in.pattern, ok = parseShape(parts[3]); !ok {
			return in, fmt.Errorf("--input %s: shape %s is not like [1,4]", name, parts[3])
		}
	}
	return in, nil
}

// complete takes what was not said from the model.
func (in *textInput) complete(known *infer.Metadata) error {
	described := findInput(known, in.name)
	if in.datatype == "" {
		in.datatype = described.DataType
	}
	if in.pattern == nil {
		in.pattern, in.loose = described.Shape, true
	}
	if in.datatype == "" {
		return fmt.Errorf("--input %s: the model describes no such input, so write its datatype and shape: --input %s:FP32[1,4]=…; %s", in.name, in.name, takes(known))
	}
	return nil
}

func (in *textInput) tensor() (infer.TensorData, error) {
	data, nested, err := in.data()
	if err != nil {
		return infer.TensorData{}, fmt.Errorf("--input %s: %w", in.name, err)
	}
	n, _ := nested.Elements() // they are all here
	shape := nested
	if in.pattern != nil && (!in.loose || len(nested) == 1) {
		var ok bool
		if shape, ok = fill(in.pattern, n); !ok {
			return infer.TensorData{}, fmt.Errorf("--input %s: %d values do not fit shape %v", in.name, n, in.pattern)
		}
	}
	raw, err := rawElements(in.name, in.datatype, n, data)
	if err != nil {
		return infer.TensorData{}, fmt.Errorf("--%w", err) // it begins with: input "name"
	}
	return tensorData(in.name, in.datatype, shape, raw), nil
}

// data is the values as a JSON array, and its shape.
func (in *textInput) data() ([]byte, infer.Shape, error) {
	if strings.HasPrefix(strings.TrimSpace(in.values), "[") {
		var array []any
		if err := json.Unmarshal([]byte(in.values), &array); err != nil {
			return nil, nil, fmt.Errorf("its values begin with [ but are no JSON array: %w", err)
		}
		shape, err := measure(array)
		return []byte(in.values), shape, err
	}
	values := strings.Split(in.values, ",")
	element := numberElement
	if in.datatype == infer.Bytes {
		element = stringElement
	}
	data := []byte{'['}
	for n, value := range values {
		if n > 0 {
			data = append(data, ',')
		}
		var err error
		if data, err = element(data, value); err != nil {
			return nil, nil, err
		}
	}
	return append(data, ']'), infer.Shape{int64(len(values))}, nil
}

// inferNumber is what can be one number, true, false or NaN: nothing that ends a JSON array.
var inferNumber = regexp.MustCompile(`^[-+.0-9A-Za-z]+$`)

func numberElement(dst []byte, text string) ([]byte, error) {
	text = strings.TrimSpace(text)
	if !inferNumber.MatchString(text) {
		return nil, fmt.Errorf("%q is not a value; put commas between values, or write a JSON array", text)
	}
	return append(dst, text...), nil
}

func stringElement(dst []byte, text string) ([]byte, error) {
	quoted, err := json.Marshal(text)
	return append(dst, quoted...), err
}

// rawElements turns a JSON array of n elements into raw bytes. FP16 and BF16, which JSON lacks, are read as FP32.
func rawElements(name string, datatype infer.DataType, n int, data []byte) ([]byte, error) {
	read := datatype
	if datatype == infer.FP16 || datatype == infer.BF16 {
		read = infer.FP32
	}
	type input struct {
		Name     string          `json:"name"`
		DataType infer.DataType  `json:"datatype"`
		Shape    infer.Shape     `json:"shape"`
		Data     json.RawMessage `json:"data"`
	}
	head, err := json.Marshal(input{Name: name, DataType: read, Shape: infer.Shape{int64(n)}, Data: json.RawMessage("0")})
	if err != nil {
		return nil, err
	}
	// Data go in as they are: NaN is a number to the codec, not to encoding/json.
	body := append([]byte(`{"inputs":[`), head[:len(head)-len("0}")]...)
	body = append(append(body, data...), "}]}"...)
	req, err := tensorjson.DecodeRequest(body, tensorjson.Options{})
	if err != nil {
		return nil, err
	}
	defer req.Free()
	raw, err := req.Tensors()[0].AppendTo(nil)
	if err != nil || read == datatype {
		return raw, err
	}
	return narrow(name, datatype, raw)
}
