package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/manifold-serving/manifold/config"
)

// modelServer is a ModelServer that is sound.
func modelServer(name string) string {
	return "apiVersion: manifold.dev/v1alpha1\nkind: ModelServer\nmetadata: {name: " + name + "}\nspec: {targets: ['127.0.0.1:9001']}\n"
}

// write makes files in a new folder, by name and content, and answers the folder.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, content := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// serverNames are the ModelServers in order.
func serverNames(r *config.Resources) []string {
	var names []string
	for _, s := range r.ModelServers {
		names = append(names, s.Metadata.Name)
	}
	return names
}

// under are paths without root.
func under(root string, paths []string) []string {
	var short []string
	for _, path := range paths {
		rel, err := filepath.Rel(root, path)
		if err != nil {
			rel = path
		}
		short = append(short, rel)
	}
	return short
}

func TestSources(t *testing.T) {
	t.Parallel()
	files := map[string]string{
		"b.yaml": modelServer("b"), "a.yml": modelServer("a"), "c.json": modelServer("c"), "d.txt": modelServer("d"),
		".hidden.yaml": modelServer("hidden"), "..data/e.yaml": modelServer("e"),
		"within/f.yaml": modelServer("f"), "folder.yaml/g.yaml": modelServer("g"),
	}
	for _, tt := range []struct {
		name    string
		sources []string
		want    []string
		watched []string
	}{
		{"file", []string{"b.yaml"}, []string{"b"}, []string{"b.yaml"}},
		{"any extension when named", []string{"d.txt"}, []string{"d"}, []string{"d.txt"}},
		{"files in the order named", []string{"b.yaml", "a.yml"}, []string{"b", "a"}, []string{"b.yaml", "a.yml"}},
		{"folder, not those within, nothing hidden", []string{"."}, []string{"a", "b", "c"}, []string{".", "a.yml", "b.yaml", "c.json"}},
		{"a file is read once", []string{"b.yaml", ".", "./within/../b.yaml"}, []string{"b", "a", "c"}, []string{"b.yaml", ".", "a.yml", "c.json"}},
		{"hidden when named", []string{".hidden.yaml"}, []string{"hidden"}, []string{".hidden.yaml"}},
		{"pattern", []string{"*.y*ml"}, []string{"a", "b", "g"}, []string{".", "a.yml", "b.yaml", "folder.yaml", "folder.yaml/g.yaml"}},
		{"pattern of folders", []string{"*/f.yaml"}, []string{"f"}, []string{".", "within", "within/f.yaml"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			root := write(t, files)
			sources := make([]string, len(tt.sources))
			for i, source := range tt.sources {
				sources[i] = filepath.Join(root, source)
			}
			resources := load(t, sources...)
			if diff := cmp.Diff(tt.want, serverNames(resources)); diff != "" {
				t.Errorf("servers differ (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.watched, under(root, resources.Files)); diff != "" {
				t.Errorf("files differ (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFolderThroughLinks(t *testing.T) {
	t.Parallel()
	// A ConfigMap volume: every file is a link into a hidden folder, which is a link itself.
	root := write(t, map[string]string{"..v1/a.yaml": modelServer("a")})
	for link, to := range map[string]string{"..data": "..v1", "a.yaml": "..data/a.yaml"} {
		if err := os.Symlink(to, filepath.Join(root, link)); err != nil {
			t.Fatal(err)
		}
	}
	if got := serverNames(load(t, root)); !cmp.Equal(got, []string{"a"}) {
		t.Errorf("servers are %v", got)
	}
}

func TestStdin(t *testing.T) {
	t.Parallel()
	stdin := strings.NewReader("\uFEFF# comment\r\n---\r\n" + strings.ReplaceAll(modelServer("a")+"  \n---\n"+modelServer("b"), "\n", "\r\n"))
	resources, err := config.Load([]string{"-", "-"}, stdin)
	if err != nil {
		t.Fatal(err)
	}
	if got := serverNames(resources); !cmp.Equal(got, []string{"a", "b"}) || len(resources.Files) != 0 {
		t.Errorf("servers are %v, files %v", got, resources.Files)
	}
	if line := resources.ModelServers[0].Source.Line; line != 3 {
		t.Errorf("the first was written at %d", line)
	}
	if want := (config.Source{File: "stdin", Line: 9}); resources.ModelServers[1].Source != want {
		t.Errorf("the second was written at %v, want %v", resources.ModelServers[1].Source, want)
	}
}

func TestStdinResolvesAgainstTheWorkingFolder(t *testing.T) {
	t.Parallel()
	text := strings.Replace(modelServer("a"), "spec: {", "spec: {tls: {caFile: certs/ca.pem}, ", 1)
	resources, err := config.Load([]string{"-"}, strings.NewReader(text))
	if err != nil || resources.ModelServers[0].Spec.TLS.CAFile != filepath.Join("certs", "ca.pem") {
		t.Errorf("spec is %+v, error %v", resources.ModelServers, err)
	}
}

func TestSourceFaults(t *testing.T) {
	t.Parallel()
	root := write(t, map[string]string{
		"empty.yaml": "\n \n", "comment.yaml": "# nothing yet\n", "folder/readme.txt": "", "big.yaml": strings.Repeat("# line\n", 2<<20),
	})
	if err := os.Symlink("nowhere", filepath.Join(root, "folder", "dangling.yaml")); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, source, want string }{
		{"missing", "missing.yaml", "no such file or folder"},
		{"half written", "empty.yaml", "is empty: it may be half written"},
		{"nothing but comments is no fault", "comment.yaml", ""},
		{"no pattern", "[", "is not a pattern: syntax error in pattern"},
		{"pattern without a match", "*.toml", "matches no file"},
		{"large", "big.yaml", "is larger than 8 MiB, the most that is read as configuration: is it a configuration file?"},
		{"link to nowhere", "folder/dangling.yaml", "no such file or folder"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			source := filepath.Join(root, tt.source)
			_, err := config.Load([]string{source}, nil)
			want := ""
			if tt.want != "" {
				want = source + ": " + tt.want
			}
			if got := text(err); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestFolderFaults(t *testing.T) {
	t.Parallel()
	root := write(t, map[string]string{"none/readme.txt": "", "deep/within/a.yaml": modelServer("a")})
	sources := []string{filepath.Join(root, "none"), filepath.Join(root, "d*")}
	_, err := config.Load(sources, nil)
	const want = ": holds no file that ends in .yaml, .yml, .json (folders within are not searched: name them too)"
	if got := text(err); got != sources[0]+want+"\n"+filepath.Join(root, "deep")+want {
		t.Errorf("got %q", got)
	}
}

func TestNamedFaults(t *testing.T) {
	t.Parallel()
	_, err := config.Load([]string{"https://example.com/a.yaml", ""}, nil)
	want := "https://example.com/a.yaml: is a URL: only files are read; fetch it and name the file, or pipe it in and write -\n" +
		"a source is empty: name a file, a folder, a pattern or -"
	if diff := cmp.Diff(want, text(err)); diff != "" {
		t.Errorf("faults differ (-want +got):\n%s", diff)
	}
}

func TestWhatIsMissingIsWatched(t *testing.T) {
	t.Parallel()
	missing := filepath.Join(t.TempDir(), "later.yaml")
	resources, err := config.Load([]string{missing}, nil)
	if err == nil || !cmp.Equal(resources.Files, []string{missing}) {
		t.Errorf("files are %v, error %v", resources.Files, err)
	}
}

func TestStdinThatFails(t *testing.T) {
	t.Parallel()
	_, err := config.Load([]string{"-"}, iotest.ErrReader(errors.New("the pipe broke")))
	if got := text(err); got != "stdin: cannot be read: the pipe broke" {
		t.Errorf("got %q", got)
	}
}

func TestStdinWithoutAReader(t *testing.T) {
	t.Parallel()
	_, err := config.Load([]string{"-"}, nil)
	if got := text(err); got != "stdin: there is no standard input to read" {
		t.Errorf("got %q", got)
	}
}

func TestPipes(t *testing.T) {
	t.Parallel()
	root := write(t, map[string]string{"a.yaml": modelServer("a")})
	pipe := filepath.Join(root, "pipe.yaml")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := serverNames(load(t, root)); !cmp.Equal(got, []string{"a"}) { // reading the pipe would wait for ever
		t.Errorf("servers are %v", got)
	}
	done := make(chan error, 1)
	go func() { done <- os.WriteFile(pipe, []byte(modelServer("piped")), 0o600) }()
	if got := serverNames(load(t, pipe)); !cmp.Equal(got, []string{"piped"}) { // named, as `-f <(…)` does
		t.Errorf("servers are %v", got)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// text is an error's, empty for none.
func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestRequestsBesideResources(t *testing.T) {
	t.Parallel()
	root := write(t, map[string]string{"a.yaml": modelServer("a"), "dog.json": `{"inputs": []}`})
	resources := load(t, root)
	dog := filepath.Join(root, "dog.json")
	if got, want := resources.Warnings.Error(), dog+":1: is passed over: it has neither apiVersion nor kind"; got != want {
		t.Errorf("warned %q, want %q", got, want)
	}
	if _, err := config.Load([]string{dog}, nil); err == nil {
		t.Error("loaded a request that was named as a resource")
	}
	if err := os.WriteFile(dog, []byte(`{"kind": "Gateway"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := config.Load([]string{root}, nil); err == nil {
		t.Error("passed over half a resource")
	}
}
