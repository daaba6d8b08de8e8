package config

import (
	"testing"

	"github.com/manifold-serving/manifold/clients"
)

func TestParseTarget(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Target{
		"triton:8001":           {Address: "triton:8001"},
		"triton:8001/cat_v2.1":  {Address: "triton:8001", Model: "cat_v2.1"},
		"[::1]:8001/cat":        {Address: "[::1]:8001", Model: "cat"},
		"10.0.0.1:65535":        {Address: "10.0.0.1:65535"},
		"a.models.svc:9000/cat": {Address: "a.models.svc:9000", Model: "cat"},
	} {
		if got, err := parseTarget(text, ""); err != nil || got != want {
			t.Errorf("parseTarget(%q) is %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{
		"", "triton", ":8001", "triton:", "triton:0", "triton:65536", "triton:grpc", "triton:8001/", "triton:8001/../x",
		"::1:8001", "grpc://triton:8001", "user@triton:8001", "a b:8001", "triton:-1", "triton:8001/a/b",
	} {
		if got, err := parseTarget(text, ""); err == nil {
			t.Errorf("parseTarget(%q) is %+v", text, got)
		}
	}
}

func TestParseAddress(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Target{
		"http://cat-predictor.models.svc.cluster.local":      {Address: "cat-predictor.models.svc.cluster.local:80", Protocol: clients.V2},
		"http://cat-predictor.models.svc.cluster.local:8080": {Address: "cat-predictor.models.svc.cluster.local:8080", Protocol: clients.V2},
		"https://cat.example.com":                            {Address: "cat.example.com:443", TLS: true, Protocol: clients.V2},
		"http://cat:443":                                     {Address: "cat:443", Protocol: clients.V2},
		"grpc://modelmesh.models:8033":                       {Address: "modelmesh.models:8033"},
		"grpcs://cat:9000":                                   {Address: "cat:9000", TLS: true},
		"http://cat/v1/models/tabby:predict":                 {Address: "cat:80", Model: "tabby", Protocol: clients.V1},
		"http://cat/v2/models/tabby.v1/infer":                {Address: "cat:80", Model: "tabby.v1", Protocol: clients.V2},
		"http://cat/v2/models/":                              {Address: "cat:80", Protocol: clients.V2},
		"http://[::1]:8080":                                  {Address: "[::1]:8080", Protocol: clients.V2},
	} {
		if got, err := parseAddress(text, ""); err != nil || got != want {
			t.Errorf("parseAddress(%q) is %+v, %v; want %+v", text, got, err, want)
		}
	}
	for _, text := range []string{"cat:80", "ftp://cat", "http://", "http:///v1", "http://cat:99999", "http://a b", "%zz", "http://cat:0"} {
		if got, err := parseAddress(text, ""); err == nil {
			t.Errorf("parseAddress(%q) is %+v", text, got)
		}
	}
}

// What is spoken over HTTP is what the path says, then what the predictor says, then v2.
func TestProtocolOfTargets(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text, declared string
		want           Target
	}{
		{"http://cat:8080", "", Target{Address: "cat:8080", Protocol: clients.V2}},
		{"http://cat:8080", "v1", Target{Address: "cat:8080", Protocol: clients.V1}},
		{"http://cat:8080", "grpc-v2", Target{Address: "cat:8080", Protocol: clients.V2}},
		{"https://cat/v1/models/tabby:predict", "v2", Target{Address: "cat:443", TLS: true, Model: "tabby", Protocol: clients.V1}},
		{"cat:9000/tabby", "v1", Target{Address: "cat:9000", Model: "tabby"}},
	} {
		if got, err := parseTarget(test.text, test.declared); err != nil || got != test.want {
			t.Errorf("%s %s: %+v, %v", test.text, test.declared, got, err)
		}
	}
	if got, err := parseAddress("http://cat", "grpc-v2"); err != nil || got.Protocol != "" {
		t.Errorf("%+v, %v", got, err)
	}
}
