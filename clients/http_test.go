package clients_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/manifold-serving/manifold/clients"
)

func TestHTTPTargets(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]clients.HTTPTarget{
		"http://vision":           {Scheme: "http", Host: "vision:80"},
		"https://vision:8443/a/":  {Scheme: "https", Host: "vision:8443", Path: "/a"},
		"h2c://[::1]:8080/a%2Fb/": {Scheme: "h2c", Host: "[::1]:8080", Path: "/a%2Fb"},
	} {
		want.Text = text
		got, err := clients.ParseHTTPTarget(text)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%v %s", err, diff)
		}
	}
}

func TestHTTPOptionsAreChecked(t *testing.T) {
	t.Parallel()
	for want, o := range map[string]clients.Options{
		`targets[1]: "a:1" is of another kind than targets[0]; make a ModelServer for those over HTTP, and one for those over gRPC`: {Targets: []string{"http://a", "a:1"}},
		`protocol: "v3" is neither v1 nor v2`:                                                             {Targets: []string{"http://a"}, Protocol: "v3"},
		`protocol: v1 is spoken over HTTP; write the targets as http://HOST:PORT`:                         {Targets: []string{"a:1"}, Protocol: clients.V1},
		`tls: a target is without TLS; write it as https://HOST:PORT`:                                     {Targets: []string{"http://a"}, TLS: &clients.TLS{}},
		`targets[0]: "http://u:xxxxx@a" has a user; write http://HOST:PORT`:                               {Targets: []string{"http://u:secret@a"}},
		`targets[0]: "http://a?b" has a query or a fragment; write http://HOST:PORT`:                      {Targets: []string{"http://a?b"}},
		`targets[0]: "http://:80" has no host; write http://HOST:PORT`:                                    {Targets: []string{"http://:80"}},
		`targets[0]: "http://a:99999": port "99999" is not between 1 and 65535`:                           {Targets: []string{"http://a:99999"}},
		`targets[1]: "dns:///a:80" is looked up for gRPC only; write http://HOST:PORT, or a file of such`: {Targets: []string{"http://a", "dns:///a:80"}},
		`targets[0]: "file:/run/" names no file; write file:///PATH`:                                      {Targets: []string{"file:/run/"}, Protocol: clients.V2},
		`targets[0]: it is not a URL; write http://HOST:PORT`:                                             {Targets: []string{"http://a:b@c:d"}},
	} {
		if err := errors.Join(o.Validate()...); err == nil || err.Error() != want {
			t.Errorf("%v\nwant %s", err, want)
		}
	}
	good := clients.Options{Targets: []string{"https://a", "http://b"}, Protocol: clients.V1, Models: []string{"m", "n*"}}
	if err := errors.Join(good.Validate()...); err != nil || !good.OverHTTP() || !good.Exposes("nn") || good.Exposes("x") {
		t.Errorf("%v", err)
	}
	file := clients.Options{Targets: []string{"file:///run/targets"}, Protocol: clients.V2}
	if err := errors.Join(file.Validate()...); err != nil || !file.OverHTTP() {
		t.Errorf("%v", err)
	}
	if file.Protocol = ""; file.OverHTTP() {
		t.Error("a file is of addresses of HTTP though no protocol says so")
	}
	if diff := cmp.Diff([]string{"m"}, good.Names()); diff != "" {
		t.Error(diff)
	}
}
