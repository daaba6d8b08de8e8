package manifold

import "testing"

func TestParseServiceURL(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]endpoint{
		"grpc://host:9000/m":                            {target: "host:9000", model: "m"},
		"grpc://host/m":                                 {target: "host:8001", model: "m"},
		"grpcs://host/m/versions/3":                     {target: "host:443", tls: true, model: "m", version: "3"},
		"http://host/v2/models/m/infer":                 {target: "host:80", model: "m"},
		"https://h.example/v2/models/m/infer":           {target: "h.example:443", tls: true, model: "m"},
		"http://host:8080/v2/models/m/versions/2/infer": {target: "host:8080", model: "m", version: "2"},
		"grpc://[::1]:9000/m":                           {target: "[::1]:9000", model: "m"},
	} {
		if got, err := parseServiceURL(text); err != nil || got != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	for text, want := range map[string]string{
		"grpc://host:9000":                `serviceUrl "grpc://host:9000" does not name a model: write grpc://host:port/MODEL or grpc://host:port/MODEL/versions/VERSION`,
		"grpc://host/m/3":                 `serviceUrl "grpc://host/m/3" does not name a model: write grpc://host:port/MODEL or grpc://host:port/MODEL/versions/VERSION`,
		"grpc:///m":                       `serviceUrl "grpc:///m" must have a host, and no user`,
		"grpc://user@host/m":              `serviceUrl "grpc://user@host/m" must have a host, and no user`,
		"http://host/v1/models/m:predict": `serviceUrl "http://host/v1/models/m:predict" is not an Open Inference Protocol address: write http://host/v2/models/MODEL/infer, which is called over gRPC, or grpc://host:port/MODEL`,
		"http://host/v2/models/m":         `serviceUrl "http://host/v2/models/m" is not an Open Inference Protocol address: write http://host/v2/models/MODEL/infer, which is called over gRPC, or grpc://host:port/MODEL`,
		"grpc://host:no/m":                `serviceUrl "grpc://host:no/m" is not a URL: parse "grpc://host:no/m": invalid port ":no" after host`,
	} {
		if got, err := parseServiceURL(text); err == nil || err.Error() != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
}
