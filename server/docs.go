package server

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"

	"github.com/manifold-serving/manifold/gen/openapi"
)

// docsPage renders the document beside it. It has all it needs: it works without a network.
//
//go:embed docs.html
var docsPage string

// docsRoutes are the OpenAPI document and a page for people, where MLServer has them too.
func (e *rest) docsRoutes() []route {
	document := static("application/json", []byte(withBasePath(openapi.Document, e.basePath)), "default-src 'none'; frame-ancestors 'none'")
	return []route{
		{http.MethodGet, "/v2/docs", static("text/html; charset=utf-8", []byte(docsPage), pagePolicy(docsPage))},
		{http.MethodGet, "/v2/docs/openapi.json", document},
		{http.MethodGet, "/v2/docs/dataplane.json", document},
	}
}

// static answers with what never changes.
func static(contentType string, body []byte, policy string) runtime.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request, _ map[string]string) {
		h := w.Header()
		h.Set("Content-Type", contentType)
		h.Set("Content-Security-Policy", policy)
		h.Set("Referrer-Policy", "no-referrer")
		writeParts(w, http.StatusOK, [][]byte{body})
	}
}

// pagePolicy lets a page run its own script and style, which it knows by their hashes, and call its own origin. Nothing else.
// Source: W3C, Content Security Policy Level 3.
func pagePolicy(page string) string {
	return "default-src 'none'; connect-src 'self'; script-src " + hashOf(page, "script") + "; style-src " + hashOf(page, "style") +
		"; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}

// hashOf is the hash of the page's one element of that name.
func hashOf(page, element string) string {
	_, rest, _ := strings.Cut(page, "<"+element+">")
	content, _, _ := strings.Cut(rest, "</"+element+">")
	sum := sha256.Sum256([]byte(content))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// withBasePath is the document for a server whose paths begin with base.
func withBasePath(document, base string) string {
	if base == "" {
		return document
	}
	return strings.Replace(document, "{", `{"basePath":`+string(mustEncode(base))+`,`, 1)
}
