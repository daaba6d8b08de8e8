package infercmd

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/grpc/mem"

	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/tensorjson"
)

// inferSources are where inputs come from.
type inferSources struct {
	texts    []string
	npys     []string
	pictures []string
	json     string
}

func (s *inferSources) bind(c *cobra.Command) {
	f := c.Flags()
	f.StringArrayVarP(&s.texts, "input", "i", nil, "an input, NAME=VALUES: with commas between them, or a JSON array; NAME:FP32[1,4]=VALUES says datatype and shape (repeatable)")
	f.StringArrayVar(&s.npys, "npy", nil, "an input from a NumPy file, [NAME=]FILE.npy (repeatable)")
	f.StringArrayVar(&s.pictures, "image", nil, "a PNG or JPEG picture, sent as it is in a BYTES input, [NAME=]FILE; more for one input make a batch (repeatable)")
	f.StringVar(&s.json, "json", "", "the REST body of a whole request, FILE or - for standard input")
}

// request builds the request, which the caller frees. It is well formed; whether it suits the model is the server's to say.
func (i *inferCall) request(known *infer.Metadata, stdin io.Reader) (*infer.Request, error) {
	parameters, err := inferParameters(i.params)
	if err != nil {
		return nil, err
	}
	build := i.fromFlags
	if i.json != "" {
		build = func(p infer.Parameters, _ *infer.Metadata) (*infer.Request, error) { return i.fromJSON(p, stdin) }
	}
	req, err := build(parameters, known)
	if err != nil {
		return nil, err
	}
	if err := req.Validate(); err != nil {
		req.Free()
		return nil, err
	}
	return req, nil
}

func (i *inferCall) fromJSON(parameters infer.Parameters, stdin io.Reader) (*infer.Request, error) {
	if len(i.texts)+len(i.npys)+len(i.pictures)+len(i.outputs) > 0 {
		return nil, errors.New("--json is a whole request: leave out --input, --npy, --image and --request-output")
	}
	body, err := readInferBody(i.json, stdin)
	if err != nil {
		return nil, err
	}
	req, err := tensorjson.DecodeRequest(body, tensorjson.Options{ModelName: i.model, ModelVersion: i.version})
	if err != nil {
		return nil, fmt.Errorf("--json %s: %w", i.json, err)
	}
	defer req.Free()
	edit := infer.Edit{AddParameters: parameters}
	if i.id != "" {
		edit.ID = &i.id
	}
	return req.Edit(edit), nil
}

func readInferBody(name string, stdin io.Reader) ([]byte, error) {
	if name != "-" {
		return readInferFile("--json", name)
	}
	body, err := io.ReadAll(io.LimitReader(stdin, math.MaxInt32))
	if err == nil && len(bytes.TrimSpace(body)) == 0 {
		err = errInferStdin
	}
	return body, err
}

// readInferFile reads a file that a message can hold.
func readInferFile(flag, name string) ([]byte, error) {
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", flag, err)
	case info.IsDir():
		return nil, fmt.Errorf("%s: %s is a folder", flag, name)
	case info.Size() > math.MaxInt32:
		return nil, fmt.Errorf("%s: %s is larger than 2 GiB, which a message holds", flag, name)
	}
	data, err := os.ReadFile(name) //nolint:gosec // the user names the file
	if err != nil {
		return nil, fmt.Errorf("%s: %w", flag, err)
	}
	return data, nil
}

func (i *inferCall) fromFlags(parameters infer.Parameters, known *infer.Metadata) (*infer.Request, error) {
	var inputs []infer.TensorData
	for _, read := range []func(*infer.Metadata) ([]infer.TensorData, error){i.fromTexts, i.fromNPYs, i.fromPictures} {
		more, err := read(known)
		if err != nil {
			return nil, err
		}
		inputs = append(inputs, more...)
	}
	if len(inputs) == 0 {
		return nil, i.noInputs(known)
	}
	outputs := make([]infer.RequestedOutput, len(i.outputs))
	for n, name := range i.outputs {
		outputs[n].Name = name
	}
	head := infer.Head{ModelName: i.model, ModelVersion: i.version, ID: i.id, Parameters: parameters}
	return infer.NewRequest(head, inputs, outputs), nil
}

// tensorData is an input of raw bytes.
func tensorData(name string, datatype infer.DataType, shape infer.Shape, raw []byte) infer.TensorData {
	return infer.TensorData{Name: name, DataType: datatype, Shape: shape, Data: mem.SliceBuffer(raw)}
}

func inferParameters(flags []string) (infer.Parameters, error) {
	var all infer.Parameters
	for _, flag := range flags {
		key, text, ok := strings.Cut(flag, "=")
		if !ok || key == "" {
			return nil, fmt.Errorf("--param %q is not KEY=VALUE", flag)
		}
		all = append(all, infer.Parameter{Key: key, Value: inferParameter(text)})
	}
	return all, nil
}

// inferParameter is the value that a text stands for: what JSON has as true, 3, 0.5 or "3" is that, anything else is text.
func inferParameter(text string) any {
	var value any
	if json.Unmarshal([]byte(text), &value) != nil {
		return text
	}
	switch v := value.(type) {
	case bool, string:
		return v
	case float64:
		if whole, err := strconv.ParseInt(text, 10, 64); err == nil {
			return whole
		}
		if whole, err := strconv.ParseUint(text, 10, 64); err == nil {
			return whole
		}
		return v
	}
	return text
}
