package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/manifold-serving/manifold/internal/nearest"
)

const (
	groupManifold = "manifold.dev/v1alpha1"
	kserveAlpha   = "serving.kserve.io/v1alpha1"
	kserveBeta    = "serving.kserve.io/v1beta1"
)

// kindVersions is a kind and the apiVersions it has here, the one to write first.
type kindVersions struct {
	kind     string
	versions []string
}

// kinds are all resources there are.
func kinds() []kindVersions {
	return []kindVersions{
		{kindInferenceGraph, []string{kserveAlpha}},
		{kindInferenceService, []string{kserveBeta, kserveAlpha}},
		{kindModelServer, []string{groupManifold}},
		{kindGateway, []string{groupManifold}},
	}
}

// resource loads one resource of any kind.
func (l *loader) resource(d *document) {
	if message := d.kindFault(); message != "" {
		path := ""
		if d.get("kind") != nil {
			path = "apiVersion"
		}
		if !knownKind(d.kind()) && d.get("kind") != nil {
			path = "kind"
		}
		l.fault(d.fault("", path, message))
		return
	}
	l.clashes.add(d)
	switch d.kind() {
	case kindInferenceGraph:
		l.inferenceGraph(d)
	case kindInferenceService:
		l.inferenceService(d)
	case kindModelServer:
		l.modelServer(d)
	case kindGateway:
		l.gateway(d)
	}
}

// kindFault says why the document is none of the resources there are, with the kinds and versions there are.
func (d *document) kindFault() string {
	fields, ok := d.value.(map[string]any)
	if !ok {
		return fmt.Sprintf("is %s, not a resource: a resource has apiVersion, kind, metadata and spec", describe(d.value))
	}
	for _, key := range []string{"kind", "apiVersion"} {
		if text, isText := fields[key].(string); !isText || text == "" {
			return fmt.Sprintf("has no %s: write one of %s", key, kindNames())
		}
	}
	kind, version := d.kind(), d.apiVersion()
	for _, known := range kinds() {
		if known.kind == kind {
			return versionFault(known, version)
		}
	}
	if near := nearest.Suggest(kind, allKinds()); near != "" {
		return fmt.Sprintf("unknown kind %s%s There are %s", short(kind), near, kindNames())
	}
	return fmt.Sprintf("unknown kind %s: there are %s", short(kind), kindNames())
}

func versionFault(known kindVersions, version string) string {
	switch {
	case slices.Contains(known.versions, version):
		return ""
	case known.kind == kindInferenceGraph && version == groupManifold:
		return fmt.Sprintf("apiVersion %q has no InferenceGraph yet: write KServe's, %q", groupManifold, kserveAlpha)
	}
	quoted := make([]string, len(known.versions))
	for i, v := range known.versions {
		quoted[i] = fmt.Sprintf("%q", v)
	}
	return fmt.Sprintf("%s has no apiVersion %s: write %s", known.kind, short(version), strings.Join(quoted, " or "))
}

func (d *document) apiVersion() string {
	version, _ := d.get("apiVersion").(string)
	return version
}

func knownKind(kind string) bool { return slices.Contains(allKinds(), kind) }

func allKinds() []string {
	var all []string
	for _, known := range kinds() {
		all = append(all, known.kind)
	}
	return all
}

// kindNames is "InferenceGraph (serving.kserve.io/v1alpha1), …".
func kindNames() string {
	var all []string
	for _, known := range kinds() {
		all = append(all, fmt.Sprintf("%s (%s)", known.kind, strings.Join(known.versions, ", ")))
	}
	return strings.Join(all, ", ")
}
