package tensorjson_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/tensorjson"
)

// FuzzDecodeRequest reads anything: an error is the client's, what is accepted is JSON but for Triton's literals, holds what
// Validate checks, is bounded by the body, and reads back as the same message after it was written.
func FuzzDecodeRequest(f *testing.F) {
	for _, body := range []string{
		`{"id":"1","inputs":[{"name":"x","shape":[2,2],"datatype":"FP32","data":[[1,-2.5e-3],[NaN,Infinity]]}],"outputs":[{"name":"y"}]}`,
		`{"inputs":[{"data":["a\u00e9","b"],"datatype":"BYTES","shape":[2],"name":"x","parameters":{"k":1,"content_type":"str"}}]}`,
		`{"inputs":[{"name":"x","shape":[1],"datatype":"BYTES","parameters":{"content_type":"base64"},"data":["AP8="]}]}`,
		`{"parameters":{"a":true,"b":18446744073709551615,"c":1.5,"d":null,"e":"x"},"inputs":[{"name":"x","shape":[0],"datatype":"FP16"}]}`,
		`{"inputs":[{"name":"x","shape":[],"datatype":"UINT64","data":[18446744073709551615]}],"z":[{"a":[true,false]}]}`,
		`{"inputs":[{"name":"x","shape":[3],"datatype":"BOOL","data":[true,false , true]}]}`,
		"\ufeff{\"inputs\":[]}", `{"inputs":[{"name":"x","shape":[9223372036854775807],"datatype":"INT8","data":[1]}]}`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		sameArriving(t, body, tensorjson.Options{})
		req, err := tensorjson.DecodeRequest(slices.Clip(bytes.Clone(body)), tensorjson.Options{})
		if err != nil {
			if infer.CodeOf(err) != codes.InvalidArgument || !utf8.ValidString(err.Error()) || len(err.Error()) > 1024 {
				t.Fatalf("%v: %q", infer.CodeOf(err), err)
			}
			return
		}
		defer req.Free()
		checkAccepted(t, body, req)
	})
}

func checkAccepted(t *testing.T, body []byte, req *infer.Request) {
	t.Helper()
	literals := bytes.Contains(body, []byte("NaN")) || bytes.Contains(body, []byte("Inf")) || bytes.HasPrefix(body, []byte("\ufeff"))
	if !literals && !json.Valid(body) {
		t.Fatal("accepted, but not JSON")
	}
	if err := req.Validate(); err != nil {
		t.Fatal(err)
	}
	if req.Size() > 8*len(body)+64 {
		t.Fatalf("%d bytes of a body of %d", req.Size(), len(body))
	}
	again, err := tensorjson.AppendRequest(nil, req, tensorjson.Options{Base64Bytes: true})
	if err != nil {
		if strings.Contains(err.Error(), "has no JSON form") { // an empty FP16
			return
		}
		t.Fatal(err)
	}
	back, err := tensorjson.DecodeRequest(again, tensorjson.Options{})
	if err != nil {
		t.Fatalf("%s: %v", again, err)
	}
	defer back.Free()
	twice, err := tensorjson.AppendRequest(nil, back, tensorjson.Options{Base64Bytes: true})
	if err != nil || !bytes.Equal(again, twice) {
		t.Fatalf("written %s\nthen    %s %v", again, twice, err)
	}
	if want, got := req.Marshal().Materialize(), back.Marshal().Materialize(); !bytes.Equal(want, got) && !bytes.Contains(body, []byte("content_type")) {
		t.Fatalf("%s\nsent %x\ngot  %x", again, want, got)
	}
}

// FuzzString compares strings with encoding/json, which takes what is not UTF-8 and lone surrogates for U+FFFD.
func FuzzString(f *testing.F) {
	for _, text := range []string{
		"", "plain", "eight by", "é😀", `\u00e9\ud83d\ude00`, `\ud800`, `\udc00\ud800`, `\n\t\/\\`, "\x00", "\xff", `\`, `\u12`, `a"`, "\u2028<&>",
		"seven b\n", strings.Repeat("x", 31) + `\b`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var want string
		wantErr := json.Unmarshal([]byte(`"`+text+`"`), &want)
		got, err := readElement(infer.Bytes, `"`+text+`"`)
		switch {
		case err == nil && wantErr != nil:
			if !strings.Contains(text, `"`) { // "," makes two strings, which the count refuses
				t.Fatalf("%q: got %q, want %v", text, got, wantErr)
			}
		case err == nil && !bytes.Equal(got, infer.RawStrings(want)):
			t.Fatalf("%q: got %q, want %q", text, got, want)
		case err != nil && wantErr == nil && utf8.ValidString(text) && !strings.ContainsRune(want, utf8.RuneError):
			t.Fatalf("%q: %v, want %q", text, err, want)
		}
		checkWritten(t, text)
	})
}

// checkWritten writes text as it is.
func checkWritten(t *testing.T, text string) {
	t.Helper()
	resp := infer.NewResponse(infer.Head{}, []infer.TensorData{raw("y", infer.Bytes, infer.Shape{1}, infer.RawStrings(text))})
	defer resp.Free()
	body, err := tensorjson.AppendResponse(nil, resp, tensorjson.Options{})
	if (err == nil) != utf8.ValidString(text) {
		t.Fatalf("%q: %v", text, err)
	}
	if err != nil {
		return
	}
	var doc struct{ Outputs []struct{ Data []string } }
	if err := json.Unmarshal(body, &doc); err != nil || doc.Outputs[0].Data[0] != text {
		t.Fatalf("%q: written %s %v", text, body, err)
	}
}
