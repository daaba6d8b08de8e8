package manifold

import (
	"testing"

	"github.com/manifold-serving/manifold/clients"
	"github.com/manifold-serving/manifold/config"
)

func TestParseServiceURL(t *testing.T) {
	t.Parallel()
	over := func(address, model string, tls bool, p clients.Protocol) config.Target {
		return config.Target{Address: address, Model: model, TLS: tls, Protocol: p}
	}
	for text, want := range map[string]endpoint{
		"grpc://host:9000/m":                            {Target: over("host:9000", "m", false, "")},
		"grpc://host/m":                                 {Target: over("host:8001", "m", false, "")},
		"grpcs://host/m/versions/3":                     {Target: over("host:443", "m", true, ""), version: "3"},
		"http://host/v2/models/m/infer":                 {Target: over("host:80", "m", false, clients.V2)},
		"https://h.example/v2/models/m/infer":           {Target: over("h.example:443", "m", true, clients.V2)},
		"http://host:8080/v2/models/m/versions/2/infer": {Target: over("host:8080", "m", false, clients.V2), version: "2"},
		"grpc://[::1]:9000/m":                           {Target: over("[::1]:9000", "m", false, "")},
		"http://host/v1/models/m:predict":               {Target: over("host:80", "m", false, clients.V1)},
		"http://host/v1/models/m/versions/2:predict":    {Target: over("host:80", "m", false, clients.V1), version: "2"},
		"http://svc.ns.svc.cluster.local":               {Target: over("svc.ns.svc.cluster.local:80", "", false, clients.V1), path: "/"},
		"http://host/v2/models/m":                       {Target: over("host:80", "", false, clients.V1), path: "/v2/models/m"},
		"http://host/v1/models/m:explain":               {Target: over("host:80", "", false, clients.V1), path: "/v1/models/m:explain"},
		"http://host/v1/models/m:predict?a=b":           {Target: over("host:80", "", false, clients.V1), path: "/v1/models/m:predict?a=b"},
		"http://host/a%2Fb/c?d=e%20f":                   {Target: over("host:80", "", false, clients.V1), path: "/a%2Fb/c?d=e%20f"},
	} {
		if got, err := parseServiceURL(text); err != nil || got != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	for text, want := range map[string]string{
		"grpc://host:9000":   `serviceUrl "grpc://host:9000" does not name a model: write grpc://host:port/MODEL or grpc://host:port/MODEL/versions/VERSION`,
		"grpc://host/m/3":    `serviceUrl "grpc://host/m/3" does not name a model: write grpc://host:port/MODEL or grpc://host:port/MODEL/versions/VERSION`,
		"grpc:///m":          `serviceUrl "grpc:///m" must have a host, and no user`,
		"grpc://user@host/m": `serviceUrl "grpc://user@host/m" must have a host, and no user`,
		"grpc://host:no/m":   `serviceUrl "grpc://host:no/m" is not a URL: parse "grpc://host:no/m": invalid port ":no" after host`,
	} {
		if got, err := parseServiceURL(text); err == nil || err.Error() != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
}
