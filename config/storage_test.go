package config

import "testing"

func TestLocalPath(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ uri, want, fault string }{
		{"file:///models/cat.onnx", "/models/cat.onnx", ""},
		{"file:/models/cat.onnx", "/models/cat.onnx", ""},
		{"file://localhost/models/cat.onnx", "/models/cat.onnx", ""},
		{"file:models/cat.onnx", "models/cat.onnx", ""},
		{"FILE:../cat.onnx", "../cat.onnx", ""},
		{"file:a%20cat.onnx", "a cat.onnx", ""},
		{"file:///a%20cat.onnx", "/a cat.onnx", ""},
		{"models/cat.onnx", "models/cat.onnx", ""},
		{"/models/cat.onnx", "/models/cat.onnx", ""},
		{"models/cat:1.onnx", "models/cat:1.onnx", ""}, // the colon comes behind a slash: no scheme
		{"s3://bucket/cat", "", ""},
		{"pvc://claim/cat", "", ""},
		{"hf://org/model", "", ""},
		{"file://models/cat.onnx", "", `"file://models/cat.onnx" names a host: write file:models/cat.onnx for a path beside this file, or file:///… for an absolute one`},
		{"file:", "", `"file:" names no file: write file:models/cat.onnx or file:///models/cat.onnx`},
		{"file:///a?b", "", `"file:///a?b" has a query or a fragment: write ? as %3F and # as %23`},
		{"file:a%zz", "", `"file:a%zz" is not a URI: invalid URL escape "%zz"`},
		{"file:///a%zz", "", `"file:///a%zz" is not a URI: invalid URL escape "%zz"`},
		{"file:a%00b", "", `"file:a%00b" names no file: write file:models/cat.onnx or file:///models/cat.onnx`},
		{"a\x00b", "", `"a\x00b" holds a zero byte`},
	} {
		got, err := localPath(tt.uri)
		fault := ""
		if err != nil {
			fault = err.Error()
		}
		if got != tt.want || fault != tt.fault {
			t.Errorf("localPath(%q) is %q, %q; want %q, %q", tt.uri, got, fault, tt.want, tt.fault)
		}
	}
}
