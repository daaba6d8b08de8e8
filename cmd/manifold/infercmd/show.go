package infercmd

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/tensorjson"
)

// writeInferJSON writes the answer as REST has it. FP16 and BF16, for which REST has no JSON, are numbers.
func writeInferJSON(out io.Writer, resp *infer.Response, _ time.Duration) error {
	var body []byte
	var err error
	if hasHalves(resp) {
		body, err = tensorjson.View(nil, resp, infer.ViewParts{Data: true})
	} else {
		body, err = tensorjson.AppendResponse(nil, resp, tensorjson.Options{Base64Bytes: true})
	}
	if err != nil {
		return infer.At("the answer", err)
	}
	_, err = out.Write(append(body, '\n'))
	return err
}

func hasHalves(resp *infer.Response) bool {
	for _, t := range resp.Tensors() {
		if t.DataType == infer.FP16 || t.DataType == infer.BF16 {
			return true
		}
	}
	return false
}

// writeInferTable writes the answer for people: what answered, its outputs, and its parameters where it has any.
func writeInferTable(out io.Writer, resp *infer.Response, took time.Duration) error {
	text := &strings.Builder{}
	table := tabwriter.NewWriter(text, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "MODEL\tVERSION\tID\tTIME")
	fmt.Fprintf(table, "%s\t%s\t%s\t%v\n", cell(resp.ModelName()), cell(resp.ModelVersion()), cell(resp.ID()), brief(took))
	_ = table.Flush() // a Builder takes everything
	fmt.Fprintln(table, "\nNAME\tDATATYPE\tSHAPE\tVALUES")
	tensors := resp.Tensors()
	for n := range tensors {
		values, err := shownValues(&tensors[n])
		if err != nil {
			return infer.At("the answer", err)
		}
		fmt.Fprintf(table, "%s\t%s\t%v\t%s\n", cell(tensors[n].Name), tensors[n].DataType, tensors[n].Shape, values)
	}
	if err := writeParameters(table, resp); err != nil {
		return infer.At("the answer", err)
	}
	_ = table.Flush() // a Builder takes everything
	_, err := io.WriteString(out, text.String())
	return err
}

// writeParameters is where a graph says which of its steps have failed.
func writeParameters(table *tabwriter.Writer, resp *infer.Response) error {
	all, err := resp.Parameters()
	if err != nil || len(all) == 0 {
		return err
	}
	_ = table.Flush() // a Builder takes everything
	fmt.Fprintln(table, "\nPARAMETER\tVALUE")
	for _, p := range all {
		fmt.Fprintf(table, "%s\t%s\n", cell(p.Key), cell(fmt.Sprint(p.Value)))
	}
	return nil
}

// brief is a duration with as many digits as matter.
func brief(d time.Duration) time.Duration {
	switch {
	case d >= time.Second:
		return d.Round(10 * time.Millisecond)
	case d >= time.Millisecond:
		return d.Round(10 * time.Microsecond)
	}
	return d.Round(time.Microsecond)
}

// How much of an answer a table shows.
const (
	shownElements = 8
	shownRunes    = 60
)

// shownValues are the first elements.
func shownValues(t *infer.Tensor) (string, error) {
	read := firstNumbers
	if t.DataType == infer.Bytes {
		read = firstStrings
	}
	values, total, err := read(t)
	if err != nil {
		return "", err
	}
	if total > len(values) {
		values = append(values, fmt.Sprintf("… (%d in all)", total))
	}
	if total == 0 {
		return "-", nil
	}
	return strings.Join(values, ", "), nil
}

// firstNumbers leaves the text of numbers to the codec, which has one for each datatype.
func firstNumbers(t *infer.Tensor) ([]string, int, error) {
	if err := t.Validate(); err != nil {
		return nil, 0, err
	}
	raw, err := t.Bytes()
	if err != nil {
		return nil, 0, err
	}
	size := t.DataType.Size()
	total := len(raw) / size
	n := min(total, shownElements)
	first := infer.NewResponse(infer.Head{}, []infer.TensorData{tensorData(t.Name, t.DataType, infer.Shape{int64(n)}, raw[:n*size])})
	defer first.Free()
	document, err := tensorjson.View(nil, first, infer.ViewParts{Data: true})
	if err != nil {
		return nil, 0, err
	}
	var body struct {
		Outputs []struct {
			Data []json.RawMessage `json:"data"`
		} `json:"outputs"`
	}
	if err := json.Unmarshal(document, &body); err != nil {
		return nil, 0, err
	}
	values := make([]string, n)
	for i, number := range body.Outputs[0].Data {
		values[i] = strings.Trim(string(number), `"`) // NaN is a string there
	}
	return values, total, nil
}

var errBrokenBytes = errors.New("its raw BYTES data break off")

// firstStrings counts elements by their lengths: MLServer answers an array of bytes objects as one, whatever the shape.
func firstStrings(t *infer.Tensor) ([]string, int, error) {
	raw, err := t.Bytes()
	if err != nil {
		return nil, 0, err
	}
	var values []string
	total := 0
	for ; len(raw) > 0; total++ {
		if len(raw) < 4 || uint64(binary.LittleEndian.Uint32(raw)) > uint64(len(raw)-4) {
			return nil, 0, fmt.Errorf("output %q: %w", t.Name, errBrokenBytes)
		}
		end := 4 + int(binary.LittleEndian.Uint32(raw))
		if total < shownElements {
			values = append(values, shownString(raw[4:end]))
		}
		raw = raw[end:]
	}
	return values, total, nil
}

// shownString shows labels as they are, and quotes what would look like something else.
func shownString(b []byte) string {
	if !utf8.Valid(b) {
		return fmt.Sprintf("(%d bytes)", len(b))
	}
	s := string(b)
	if utf8.RuneCountInString(s) > shownRunes {
		s = string([]rune(s)[:shownRunes]) + "…"
	}
	unclear := func(r rune) bool { return r == ',' || r == '"' || !unicode.IsPrint(r) }
	if s == "" || strings.TrimSpace(s) != s || strings.ContainsFunc(s, unclear) {
		return strconv.Quote(s)
	}
	return s
}

// cell is text from a server in a table: one line, and - for none.
func cell(s string) string {
	if s == "" {
		return "-"
	}
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
}
