package manifold

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/manifold-serving/manifold/clients/fleet"
	"github.com/manifold-serving/manifold/config"
)

// fields are the paths of the fields of a struct, as YAML has them.
func fields(of reflect.Type, prefix string) (paths []string) {
	for f := range of.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		paths = append(paths, prefix+name)
		if inner := f.Type; inner.Kind() == reflect.Pointer && inner.Elem().Kind() == reflect.Struct {
			paths = append(paths, fields(inner.Elem(), prefix+name+".")...)
		}
	}
	return paths
}

// What docs/upstreams.md shows can be used, and nothing that can be set, or is measured, is missing there.
func TestUpstreamsPageIsTrue(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("docs/upstreams.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	blocks := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(page, -1)
	if len(blocks) != 2 {
		t.Fatalf("%d examples", len(blocks))
	}
	for _, block := range blocks {
		resources, err := config.Load([]string{"-"}, strings.NewReader(block[1]))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Check(t.Context(), resources); err != nil {
			t.Error(err)
		}
	}
	whole := blocks[1][1]
	for _, path := range fields(reflect.TypeFor[fleet.Policies](), "") {
		section := !strings.Contains(path, ".") && strings.Contains(page, "| `"+path+".")
		if !section && !strings.Contains(page, "| `"+path+"` | ") {
			t.Errorf("%s has no row", path)
		}
		if key := path[strings.LastIndex(path, ".")+1:]; !strings.Contains(whole, " "+key+":") {
			t.Errorf("%s is not in the example", path)
		}
	}
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-zA-Z.]+)` \\| `([^`]+)` \\|").FindAllStringSubmatch(page, -1) {
		key := row[1][strings.LastIndex(row[1], ".")+1:]
		if line := " " + key + ": " + row[2] + "\n"; row[1] != "concurrency.mode" && !strings.Contains(whole, line) {
			t.Errorf("the default of %s is %s in its row, and something else in the example", row[1], row[2])
		}
	}
	for _, name := range upstreamMetrics(t) {
		if !strings.Contains(page, "`"+strings.TrimPrefix(name, "manifold_upstream_")+"`") {
			t.Errorf("metric %s is not named", name)
		}
	}
}

// upstreamMetrics are the names that a gateway's collector describes.
func upstreamMetrics(t *testing.T) (names []string) {
	t.Helper()
	described := make(chan *prometheus.Desc, 100)
	newUpstreamCollector(nil).Describe(described)
	close(described)
	for d := range described {
		name := regexp.MustCompile(`fqName: "([^"]*)"`).FindStringSubmatch(d.String())
		names = append(names, name[1])
	}
	if len(names) < 20 {
		t.Fatalf("%d metrics", len(names))
	}
	return names
}
