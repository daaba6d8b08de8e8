package rogue

import (
	"bytes"
	"encoding/json"

	"github.com/manifold-serving/manifold/internal/faultlab/backend"
	"github.com/manifold-serving/manifold/internal/faultlab/proof"
)

// document is the answer's JSON, as the lot says.
func (l lot) document(model string, a proof.Answer) []byte {
	text := a.JSON(model)
	switch l.lie {
	case backend.LieUTF8:
		return bytes.Replace(text, []byte(`"id":"`), []byte("\"id\":\"\xff\xfe"), 1)
	case backend.LieGarbage:
		return []byte(`{"id":`)
	case backend.LieEmpty:
		return nil
	case backend.LieTwice:
		return append(text, text...)
	case backend.LieHTML:
		return []byte(page)
	case backend.LieShape, backend.LieMissing, backend.LieDuplicate:
	default:
		if l.ordered.Answer.Bytes == 0 {
			return text
		}
	}
	return l.altered(text)
}

// altered is the answer with other outputs.
func (l lot) altered(text []byte) []byte {
	var answer map[string]json.RawMessage
	var outputs []map[string]json.RawMessage
	if json.Unmarshal(text, &answer) != nil || json.Unmarshal(answer["outputs"], &outputs) != nil {
		return text // it is ours, and JSON
	}
	switch l.lie {
	case backend.LieShape:
		outputs[0]["shape"] = json.RawMessage(`[1048577]`)
	case backend.LieMissing:
		outputs = outputs[:len(outputs)-1]
	case backend.LieDuplicate:
		outputs = append(outputs, outputs[0])
	}
	if n := l.ordered.Answer.Bytes; n > 0 {
		zeros := bytes.TrimSuffix(bytes.Repeat([]byte("0,"), n), []byte(","))
		outputs = append(outputs, map[string]json.RawMessage{
			"name": []byte(`"` + proof.Padding + `"`), "datatype": []byte(`"UINT8"`), "shape": marshal([]int{n}),
			"data": append(append([]byte("["), zeros...), ']'),
		})
	}
	answer["outputs"] = marshal(outputs)
	return marshal(answer)
}

// marshal is of values that JSON has a form for.
func marshal(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return text
}
